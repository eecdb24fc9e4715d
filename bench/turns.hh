// SPDX-License-Identifier: Apache-2.0
// Two loops that take turns in one process, so that what slows the machine slows both: A B, B A,
// A B, .. Google Benchmark runs each turn and takes its processor time.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>

#include "bench/figure.hh"

namespace shunt::bench {

/// The body of a benchmark: `for (auto _ : state) ..`, one operation a pass.
using Loop = std::function<void(benchmark::State&)>;

/// Nanoseconds of processor time for one operation of each, per round.
Samples take_turns(const Loop& ours, const Loop& named, const Effort& effort);

}  // namespace shunt::bench
