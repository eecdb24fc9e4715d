// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.hh"

#include "pdu/flow_watch.hh"

namespace conform {

std::vector<Finding> examine_formats(const Capture& capture) {
    std::vector<Finding> findings;
    FlowWatch flows(capture);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        // What is behind the IPv4 header of a rewritten packet is its client's doing.
        const bool is_rewritten = flows.look_at(capture[number].frame).restored.has_value();
        if (capture[number].direction != Direction::FromDevice || is_rewritten) continue;
        for (Finding fault : capture[number].frame.faults) {
            fault.frame = number;
            findings.push_back(std::move(fault));
        }
    }
    return findings;
}

std::vector<Finding> examine(const Capture& capture, const Iut& iut) {
    std::vector<Finding> findings;
    const auto add = [&findings](std::vector<Finding> more) {
        for (Finding& finding : more)
            findings.push_back(std::move(finding));
    };
    for (const auto oracle : {examine_formats, examine_client_view, examine_forwarded_packets,
                              examine_ownership, examine_streams}) {
        add(oracle(capture));
    }
    add(examine_headers(capture, iut));
    add(examine_addressees(capture, iut));
    add(examine_arp_claims(capture, iut));
    return findings;
}

}  // namespace conform
