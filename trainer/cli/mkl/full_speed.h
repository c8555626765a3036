#pragma once

namespace greentrain {

/// Whether this program asks MKL for the fast code on every CPU that has the instructions for it
/// (option GREENTRAIN_FULL_SPEED_MKL). MKL itself takes it on Intel's CPUs only: docs/speed.md.
bool full_speed_mkl();

}  // namespace greentrain
