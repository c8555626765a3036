#pragma once

namespace greentrain {

/// While it is on, on this thread, autocast on CPUs computes linear layers, convolutions, products
/// of matrices and attention in float32: of operands that were rounded to autocast's type, with a
/// result that is rounded to it. Products of two 16-bit numbers are exact in float32 and their sums
/// are float32, as in the instructions for 16 bits, so a CPU without such instructions computes
/// what one with them does, about as fast as float32; torch's own 16-bit kernels take several times
/// as long there.
void compute_products_in_float32(bool on);

/// Casts of weights that this thread keeps: forgets them.
void forget_float32_casts();

}  // namespace greentrain
