// SPDX-License-Identifier: Apache-2.0
#include "bench/turns.hh"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace shunt::bench {
namespace {

/// Keeps the last run instead of printing it.
class LastRun final : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) throw std::runtime_error(run.error_message);
            seconds_ = run.cpu_accumulated_time;
            operations_ = static_cast<double>(run.iterations);
        }
    }
    double seconds() const { return seconds_; }
    double seconds_of_one() const { return seconds_ / operations_; }

  private:
    double seconds_ = 0.0;
    double operations_ = 1.0;
};

LastRun run(const Loop& loop, benchmark::IterationCount operations) {
    benchmark::ClearRegisteredBenchmarks();
    benchmark::RegisterBenchmark("turn", loop)->Iterations(operations);
    LastRun last;
    benchmark::RunSpecifiedBenchmarks(&last, ".");
    return last;
}

/// How many operations take about the time of a turn.
benchmark::IterationCount operations_of_turn(const Loop& loop, double turn_seconds) {
    benchmark::IterationCount operations = 1;
    for (;;) {
        const LastRun last = run(loop, operations);
        if (last.seconds() >= turn_seconds / 4) {
            const double wanted = turn_seconds / last.seconds_of_one();
            return std::max<benchmark::IterationCount>(1, std::llround(wanted));
        }
        operations *= 4;
    }
}

}  // namespace

Samples take_turns(const Loop& ours, const Loop& named, const Effort& effort) {
    const auto our_operations = operations_of_turn(ours, effort.turn_seconds);
    const auto named_operations = operations_of_turn(named, effort.turn_seconds);
    constexpr double kNanoseconds = 1e9;
    Samples samples;
    for (std::size_t round = 0; round < effort.rounds; ++round) {
        const bool is_ours_first = round % 2 == 0;
        if (is_ours_first) {
            samples.ours.push_back(run(ours, our_operations).seconds_of_one() * kNanoseconds);
        }
        samples.named.push_back(run(named, named_operations).seconds_of_one() * kNanoseconds);
        if (!is_ours_first) {
            samples.ours.push_back(run(ours, our_operations).seconds_of_one() * kNanoseconds);
        }
    }
    return samples;
}

}  // namespace shunt::bench
