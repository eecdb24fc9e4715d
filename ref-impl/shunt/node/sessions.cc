// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/sessions.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"
#include "shunt/farm/derived_key.hh"
#include "shunt/farm/http_request.hh"
#include "shunt/farm/session/tls_hello.hh"
#include "shunt/farm/url_map.hh"

namespace shunt::node {
namespace {

/// Content type of a handshake's record (RFC 5246 6.2.1): no HTTP begins so.
constexpr std::uint8_t kTlsHandshake = 22;
constexpr std::uint16_t kHttpPort = 80;
/// A longer target is served at once: with a parameter more its head might be too long for us.
constexpr std::size_t kRedirectedTargetMax = farm::kRequestHeadBytesMax / 2;

SipKey cookie_key(const farm::FarmConfig& config) {
    const auto key = farm::derive_sip_key(config, farm::kSessionKeyInfo);
    SHUNT_ASSERT(key, "validation has refused sessions without a secret");
    return *key;
}

std::string_view query_of(std::string_view target) {
    target = target.substr(0, target.find('#'));  // no request has one, so nobody asked for it
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// The first parameter of `query`, which goes on behind it.
std::string_view take_parameter(std::string_view& query) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    return parameter;
}

/// The parameter's value, if that is its name.
std::optional<std::string_view> value_of(std::string_view parameter, std::string_view name) {
    if (!parameter.starts_with(name) || !parameter.substr(name.size()).starts_with('='))
        return std::nullopt;
    return parameter.substr(name.size() + 1);
}

/// What the other servers know a cookie's session by.
std::vector<std::uint8_t> id_of(const farm::SessionId& session) {
    std::vector<std::uint8_t> id(12);
    store_u32(id, 0, session.server);
    store_u64(id, 4, session.number);
    return id;
}

}  // namespace

Sessions::Sessions(const farm::FarmConfig& config, const farm::Server& self, Rng rng,
                   Counters& counters)
    : config_(config),
      self_(self),
      rng_(rng),
      cookie_(config.session.cookie, cookie_key(config)),
      map_(config.limits.sessions, draw_key(rng_), counters) {}

Sessions::Named Sessions::named_by(farm::RequestStart& start, ByteView bytes, Instant now) const {
    if (!bytes.empty() && bytes.front() == kTlsHandshake) {
        const farm::ParsedHello parsed = farm::read_client_hello(bytes);
        const auto* hello = std::get_if<farm::TlsHello>(&parsed);
        if (hello == nullptr) return {{}, std::holds_alternative<farm::IncompleteHello>(parsed)};
        if (is_mutant(Mutant::OverlooksTlsSessions)) return {};
        const auto place = map_.find(Kind::Tls, hello->session_id, now);
        return {place ? std::optional(place->server) : std::nullopt, false};
    }
    while (const auto cookies = start.next_cookies()) {
        if (is_mutant(Mutant::FollowsNoCookie)) continue;
        if (const auto session = cookie_.find(*cookies)) return {session->server, false};
    }
    if (start.target()) {
        if (const auto session = parameter_in(*start.target())) return {session->server, false};
    }
    return {std::nullopt, !start.is_over()};
}

std::optional<farm::SessionId> Sessions::parameter_in(std::string_view target) const {
    if (config_.session.mode != farm::SessionMode::Redirect) return std::nullopt;
    if (is_mutant(Mutant::FollowsNoParameter)) return std::nullopt;
    std::string_view query = query_of(target);
    while (!query.empty()) {
        const auto value = value_of(take_parameter(query), config_.session.cookie);
        if (!value) continue;
        if (const auto session = cookie_.read(*value)) return session;
    }
    return std::nullopt;
}

Sessions::Greeting Sessions::greet(const Request& request) {
    const auto carried = cookie_.find(request.cookies);
    const bool is_known = carried && !is_mutant(Mutant::GreetsKnownClients);
    if (is_known && (carried->server == self_.id || is_mutant(Mutant::LeavesSessionsOfGone))) {
        note(*carried);
        return {};
    }
    const auto followed = parameter_in(request.target);
    if (followed && followed->server == self_.id) {
        note(*followed);
        return {cookie_.field_for(*followed), {}};
    }
    const std::uint64_t number = is_mutant(Mutant::NumbersSessionsAlike) ? 1 : rng_.next_u64();
    const farm::SessionId session{self_.id, number};
    note(session);
    const bool is_redirected =
        config_.session.mode == farm::SessionMode::Redirect &&
        (request.may_be_redirected || is_mutant(Mutant::RedirectsEveryMethod)) &&
        !self_.services.empty() && !self_.has_service(request.service) &&
        farm::path_of(request.target).starts_with('/') &&
        request.target.size() <= kRedirectedTargetMax;
    if (is_redirected) return {{}, location_of(request, session)};
    return {cookie_.field_for(session), {}};
}

/// The same object on the keeper's own address, with the session as its last parameter.
std::string Sessions::location_of(const Request& request, const farm::SessionId& session) const {
    const std::string_view whole = farm::path_of(request.target);
    std::string location = fmt::format("http://{}", self_.services.front().to_string());
    if (request.port != kHttpPort) location += fmt::format(":{}", request.port);
    location += whole.substr(0, whole.find_first_of("?#"));
    location += '?';
    std::string_view query = query_of(request.target);
    while (!query.empty()) {
        const std::string_view parameter = take_parameter(query);
        if (value_of(parameter, config_.session.cookie)) continue;  // of a server that is gone
        location += parameter;
        location += '&';
    }
    if (is_mutant(Mutant::RedirectsWithoutSession)) return location + "x=y";
    location += fmt::format("{}={}", config_.session.cookie, cookie_.value_of(session));
    return location;
}

void Sessions::note(const farm::SessionId& session) {
    noted_.push_back({Kind::Cookie, id_of(session), false});
}

void Sessions::note_tls(ByteView id, bool is_echo) {
    noted_.push_back({Kind::Tls, {id.begin(), id.end()}, is_echo});
}

std::optional<Sessions::News> Sessions::poll_news(Instant now) {
    while (!noted_.empty()) {
        News news = std::move(noted_.front());
        noted_.pop_front();
        const auto known = map_.find(news.kind, news.id, now);
        // With a ticket a client chooses the id that it hears (RFC 5077 3.4).
        if (news.is_echo && (!known || known->server != self_.id)) continue;
        const bool is_fresh =
            known && known->server == self_.id &&
            (now + lifetime() / 2 < known->until || is_mutant(Mutant::TellsSessionsOnce));
        if (is_fresh) continue;
        map_.learn(news.kind, news.id, self_.id, lifetime(), now);
        if (is_mutant(Mutant::TellsNoSessions)) continue;
        return news;
    }
    return std::nullopt;
}

wire::SessionAnnouncement Sessions::announcement_of(Kind kind, ByteView id, Duration life) const {
    return {kind, id, self_.id, static_cast<std::uint32_t>(life.to_seconds())};
}

void Sessions::tell(std::optional<farm::ControlChannels>& channels, Instant now) {
    while (const auto news = poll_news(now)) {
        if (!channels) continue;
        channels->tell_session(announcement_of(news->kind, news->id, lifetime()), std::nullopt,
                               now);
    }
}

void Sessions::tell_all(farm::ControlChannels& channels, farm::ServerId to, Instant now) const {
    for (const farm::SessionMap::Row& row : map_.rows(now)) {
        if (row.server != self_.id) continue;
        channels.tell_session(announcement_of(row.kind, row.id, row.until - now), to, now);
    }
}

void Sessions::hear(farm::ControlChannels& channels, Instant now) {
    while (const auto told = channels.poll_session())
        learn(told->kind, told->id, told->server, Duration::seconds(told->lifetime), now);
}

void Sessions::learn(Kind kind, ByteView id, farm::ServerId server, Duration life, Instant now) {
    const bool is_believed = !is_mutant(Mutant::KeepsSessionsForEver);
    map_.learn(kind, id, server, is_believed ? std::min(life, lifetime()) : lifetime(), now);
}

}  // namespace shunt::node
