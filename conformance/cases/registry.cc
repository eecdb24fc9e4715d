// SPDX-License-Identifier: Apache-2.0
#include "cases/registry.hh"

#include "cases/promoted.hh"
#include "cases/sections.hh"

namespace conform {

const std::vector<CaseInfo>& all_cases() {
    static const std::vector<CaseInfo> kCases = [] {
        std::vector<CaseInfo> cases;
        for (const auto section : {endpoint_framing_cases,
                                   endpoint_inner_packet_cases,
                                   endpoint_inner_fragments_cases,
                                   endpoint_long_packets_cases,
                                   endpoint_members_cases,
                                   endpoint_routed_cases,
                                   endpoint_control_block_cases,
                                   endpoint_handshake_cases,
                                   endpoint_connection_cases,
                                   endpoint_migration_cases,
                                   endpoint_acknowledgement_cases,
                                   endpoint_records_cases,
                                   endpoint_base_home_cases,
                                   endpoint_bounds_cases,
                                   endpoint_forward_cases,
                                   endpoint_icmp_cases,
                                   endpoint_target_cases,
                                   endpoint_copies_cases,
                                   endpoint_owners_cases,
                                   endpoint_ends_cases,
                                   endpoint_in_use_cases,
                                   endpoint_moved_in_use_cases,
                                   endpoint_any_state_cases,
                                   endpoint_returns_cases,
                                   endpoint_giving_back_cases,
                                   endpoint_drain_cases,
                                   endpoint_udp_cases,
                                   endpoint_uploads_cases,
                                   endpoint_dead_servers_cases,
                                   blob_compile_cases,
                                   blob_forwarding_cases,
                                   blob_confirmed_cases,
                                   blob_hosting_cases,
                                   blob_malformed_cases,
                                   blob_ends_cases,
                                   blob_returns_cases,
                                   system_addresses_cases,
                                   system_selection_cases,
                                   system_request_cases,
                                   system_sessions_cases,
                                   system_placement_cases,
                                   system_redirect_cases,
                                   system_session_map_cases,
                                   system_control_channel_cases,
                                   system_object_cases,
                                   tcp_handshake_cases,
                                   tcp_options_cases,
                                   tcp_segments_cases,
                                   tcp_resets_cases,
                                   tcp_urgent_cases,
                                   tcp_initial_sequence_cases,
                                   tcp_syn_flood_cases,
                                   tcp_marks_cases,
                                   tcp_sending_cases,
                                   tcp_congestion_cases,
                                   tcp_uploads_cases,
                                   tcp_closing_cases,
                                   tcp_ip_cases}) {
            for (CaseInfo& info : section())
                cases.push_back(std::move(info));
        }
        for (CaseInfo& info : promoted_cases())
            cases.push_back(std::move(info));
        return cases;
    }();
    return kCases;
}

}  // namespace conform
