// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_runner.hh"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace shunt::app {

std::vector<sim::ScenarioResult> run_seeds(const sim::Scenario& scenario,
                                           const sim::ScenarioOptions& options,
                                           const SimSeeds& seeds, const SimProgress& progress) {
    std::vector<sim::ScenarioResult> results(static_cast<std::size_t>(seeds.count()));
    std::atomic<std::size_t> next{0};
    std::mutex reporting;
    std::uint64_t done = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < results.size(); i = next++) {
            sim::ScenarioOptions own = options;
            own.seed = seeds.first + i;
            results[i] = scenario.run(own);
            const std::lock_guard lock(reporting);
            progress(results[i], ++done);
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(seeds.jobs, results.size()); ++i)
        threads.emplace_back(work);
    work();
    for (std::thread& thread : threads)
        thread.join();
    return results;
}

}  // namespace shunt::app
