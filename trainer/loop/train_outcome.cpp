#include "trainer/loop/train_outcome.h"

namespace greentrain {

std::string to_string(StoppedBy reason) {
  switch (reason) {
    case StoppedBy::Epochs:
      return "epochs";
    case StoppedBy::MaxSteps:
      return "max_steps";
    case StoppedBy::EarlyStopping:
      return "early_stopping";
    case StoppedBy::Plan:
      return "plan";
    case StoppedBy::Signal:
      return "signal";
  }
  return "";
}

}  // namespace greentrain
