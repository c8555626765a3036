#include "comm/mpi_types.h"

#include <array>

#include "comm/fold.h"
#include "comm/mpi_check.h"

namespace greentrain {
namespace {

template <ElementType type, ReduceOp op>
void combine(void* next, void* into, int* count, MPI_Datatype*) {
  const std::array<const void*, 2> sources{next, into};
  fold(sources, {into, static_cast<std::size_t>(*count), type}, op);
}

template <ElementType type, ReduceOp op>
MPI_Op make_op() {
  MPI_Op result = MPI_OP_NULL;
  mpi_check(MPI_Op_create(&combine<type, op>, /*commute=*/1, &result), "MPI_Op_create");
  return result;
}

}  // namespace

MPI_Datatype mpi_type(ElementType type) {
  switch (type) {
    case ElementType::Float32:
      return MPI_FLOAT;
    case ElementType::BFloat16:
      return MPI_UINT16_T;
    case ElementType::Float64:
      return MPI_DOUBLE;
    case ElementType::Int32:
      return MPI_INT32_T;
    case ElementType::Int64:
      return MPI_INT64_T;
    case ElementType::UInt8:
      return MPI_UINT8_T;
  }
  return MPI_DATATYPE_NULL;
}

MpiOps::MpiOps()
    : min_float32_(make_op<ElementType::Float32, ReduceOp::Min>()),
      max_float32_(make_op<ElementType::Float32, ReduceOp::Max>()),
      min_float64_(make_op<ElementType::Float64, ReduceOp::Min>()),
      max_float64_(make_op<ElementType::Float64, ReduceOp::Max>()) {}

MpiOps::~MpiOps() {
  for (MPI_Op op : {min_float32_, max_float32_, min_float64_, max_float64_}) MPI_Op_free(&op);
}

MPI_Op MpiOps::get(ElementType type, ReduceOp op) const {
  if (op == ReduceOp::Sum) return MPI_SUM;
  const bool min = op == ReduceOp::Min;
  if (type == ElementType::Float32) return min ? min_float32_ : max_float32_;
  if (type == ElementType::Float64) return min ? min_float64_ : max_float64_;
  return min ? MPI_MIN : MPI_MAX;
}

}  // namespace greentrain
