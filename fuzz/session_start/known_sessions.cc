// SPDX-License-Identifier: Apache-2.0
#include "session_start/known_sessions.hh"

#include <array>

#include "shunt/farm/derived_key.hh"
#include "shunt/farm/standard_plan.hh"

namespace shunt::fuzz {
namespace {

farm::FarmConfig farm_with_sessions() {
    farm::FarmConfig config = farm::standard_plan(2);
    config.session.mode = farm::SessionMode::Redirect;  // looks for parameters too
    config.secret.assign(32, 0x11);
    return config;
}

}  // namespace

KnownSessions::KnownSessions()
    : config_(farm_with_sessions()), sessions_(config_, config_.servers[0], Rng(1), counters_) {
    sessions_.learn(node::Sessions::Kind::Tls, tls_id(), 2, Duration::seconds(60), Instant());
}

ByteView KnownSessions::tls_id() {
    static constexpr std::array<std::uint8_t, 4> id{0xAA, 0xBB, 0xCC, 0xDD};
    return id;
}

std::string KnownSessions::genuine(farm::ServerId server) const {
    const farm::SessionCookie cookies(config_.session.cookie,
                                      *farm::derive_sip_key(config_, farm::kSessionKeyInfo));
    return cookies.value_of({server, 7});
}

}  // namespace shunt::fuzz
