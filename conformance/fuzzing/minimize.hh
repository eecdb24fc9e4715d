// SPDX-License-Identifier: Apache-2.0
/// A case that still shows what it showed, with nothing in it that is not needed for that.
#pragma once

#include <functional>

#include "fuzzing/fuzz_case.hh"

namespace conform::fuzzing {

/// Leaves out frames, repetitions, mutations and mended checksums, and makes numbers plainer, one
/// at a time, as long as `still_fails`; asks at most `tries_max` times. `fuzz` itself fails.
FuzzCase minimized(FuzzCase fuzz, const std::function<bool(const FuzzCase&)>& still_fails,
                   std::size_t tries_max = 200);

}  // namespace conform::fuzzing
