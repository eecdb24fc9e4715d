// SPDX-License-Identifier: Apache-2.0
#include "report/qualification.hh"

#include <fmt/format.h>

namespace conform {
namespace {

double in_milliseconds(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

std::string describe_qualification(const Qualification& qualification) {
    std::string text = fmt::format(
        "{}: {} of {} markers lost, {} altered, latency {:.2f} to {:.2f} ms, median {:.2f} ms; "
        "unknown verb: {}; reset: {}; tolerance {} ms, answers within {} ms\n",
        qualification.troubles.empty() ? "qualified" : "not qualified", qualification.lost,
        qualification.markers, qualification.altered, in_milliseconds(qualification.latency_least),
        in_milliseconds(qualification.latency_most), in_milliseconds(qualification.latency_median),
        qualification.unknown_verb, qualification.reset, milliseconds_of(qualification.tolerance),
        milliseconds_of(qualification.answer));
    if (qualification.connections > 0 && qualification.served == qualification.connections) {
        text += fmt::format("    {} connections at once are served\n", qualification.served);
    }
    if (qualification.served < qualification.connections) {
        text += fmt::format("    {} of {} connections at once are served: fewer cases at once\n",
                            qualification.served, qualification.connections);
    }
    for (const std::string& trouble : qualification.troubles)
        text += fmt::format("    {}\n", trouble);
    return text;
}

}  // namespace conform
