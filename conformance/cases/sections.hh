// SPDX-License-Identifier: Apache-2.0
/// One function for each file of cases/: the cases in it.
#pragma once

#include <vector>

#include "cases/registry.hh"

namespace conform {

std::vector<CaseInfo> blob_compile_cases();
std::vector<CaseInfo> blob_confirmed_cases();
std::vector<CaseInfo> blob_ends_cases();
std::vector<CaseInfo> blob_forwarding_cases();
std::vector<CaseInfo> blob_hosting_cases();
std::vector<CaseInfo> blob_malformed_cases();
std::vector<CaseInfo> blob_returns_cases();
std::vector<CaseInfo> endpoint_acknowledgement_cases();
std::vector<CaseInfo> endpoint_any_state_cases();
std::vector<CaseInfo> endpoint_base_home_cases();
std::vector<CaseInfo> endpoint_bounds_cases();
std::vector<CaseInfo> endpoint_connection_cases();
std::vector<CaseInfo> endpoint_control_block_cases();
std::vector<CaseInfo> endpoint_copies_cases();
std::vector<CaseInfo> endpoint_dead_servers_cases();
std::vector<CaseInfo> endpoint_drain_cases();
std::vector<CaseInfo> endpoint_ends_cases();
std::vector<CaseInfo> endpoint_forward_cases();
std::vector<CaseInfo> endpoint_framing_cases();
std::vector<CaseInfo> endpoint_giving_back_cases();
std::vector<CaseInfo> endpoint_handshake_cases();
std::vector<CaseInfo> endpoint_icmp_cases();
std::vector<CaseInfo> endpoint_in_use_cases();
std::vector<CaseInfo> endpoint_inner_fragments_cases();
std::vector<CaseInfo> endpoint_inner_packet_cases();
std::vector<CaseInfo> endpoint_long_packets_cases();
std::vector<CaseInfo> endpoint_members_cases();
std::vector<CaseInfo> endpoint_migration_cases();
std::vector<CaseInfo> endpoint_moved_in_use_cases();
std::vector<CaseInfo> endpoint_owners_cases();
std::vector<CaseInfo> endpoint_records_cases();
std::vector<CaseInfo> endpoint_returns_cases();
std::vector<CaseInfo> endpoint_routed_cases();
std::vector<CaseInfo> endpoint_target_cases();
std::vector<CaseInfo> endpoint_udp_cases();
std::vector<CaseInfo> endpoint_uploads_cases();
std::vector<CaseInfo> system_addresses_cases();
std::vector<CaseInfo> system_control_channel_cases();
std::vector<CaseInfo> system_object_cases();
std::vector<CaseInfo> system_placement_cases();
std::vector<CaseInfo> system_redirect_cases();
std::vector<CaseInfo> system_request_cases();
std::vector<CaseInfo> system_selection_cases();
std::vector<CaseInfo> system_session_map_cases();
std::vector<CaseInfo> system_sessions_cases();
std::vector<CaseInfo> tcp_closing_cases();
std::vector<CaseInfo> tcp_congestion_cases();
std::vector<CaseInfo> tcp_handshake_cases();
std::vector<CaseInfo> tcp_initial_sequence_cases();
std::vector<CaseInfo> tcp_ip_cases();
std::vector<CaseInfo> tcp_marks_cases();
std::vector<CaseInfo> tcp_options_cases();
std::vector<CaseInfo> tcp_resets_cases();
std::vector<CaseInfo> tcp_segments_cases();
std::vector<CaseInfo> tcp_sending_cases();
std::vector<CaseInfo> tcp_syn_flood_cases();
std::vector<CaseInfo> tcp_uploads_cases();
std::vector<CaseInfo> tcp_urgent_cases();

}  // namespace conform
