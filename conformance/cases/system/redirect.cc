// SPDX-License-Identifier: Apache-2.0
/// System page, SES-1, where the farm is told to redirect: a client that came to another server is
/// sent to the keeper's own address, and finds it from then on.
#include <fmt/format.h>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "cases/system/conversation.hh"

namespace conform {
namespace {

using endpoint::MovedIn;
using std::chrono::milliseconds;
using web::Conversation;
using web::Decision;
using web::Reply;

constexpr unsigned kFound = 302;
constexpr milliseconds kDecided{200};

/// "http://10.7.1.1" or with the port, where it is not HTTP's own.
bool begins_with_service(const Stage& stage, std::string_view location, std::string_view target) {
    const std::string address = stage.iut().device.service.front().to_string();
    const std::string with_port = fmt::format("http://{}:{}", address, stage.iut().service_port);
    if (location.starts_with(with_port + std::string(target))) return true;
    return stage.iut().service_port == 80 &&
           location.starts_with(fmt::format("http://{}{}", address, target));
}

/// Path and query of a URL.
std::string target_of(const std::string& location) {
    const std::size_t host = location.find("//");
    const std::size_t path = host == std::string::npos ? host : location.find('/', host + 2);
    return path == std::string::npos ? std::string() : location.substr(path);
}

/// The value that the parameter of the session has; empty: there is none.
std::string parameter_of(const Stage& stage, const std::string& target) {
    const std::string name = stage.iut().sessions.cookie + "=";
    std::size_t at = target.find('?');
    while (at != std::string::npos) {
        const std::string rest = target.substr(at + 1);
        if (rest.starts_with(name)) return rest.substr(name.size(), rest.find('&') - name.size());
        at = target.find('&', at + 1);
    }
    return {};
}

/// What the device as target says to a client's first request for `target`.
Task<Reply> ask_as_target(Stage& stage, const std::string& target) {
    MovedIn connection(stage);
    co_await web::move_in(connection);
    Conversation conversation(stage, connection);
    co_return co_await conversation.ask("SES-1", web::get(target));
}

/// The location of a redirect to the device's own address for `target`, with a session of its own;
/// throws Violation where it is none.
std::string expect_redirect(Stage& stage, const Reply& reply, const std::string& target) {
    const std::vector<std::string> locations = reply.head.values_of("Location");
    const std::string location = locations.size() == 1 ? locations.front() : std::string();
    if (reply.head.status != kFound || !begins_with_service(stage, location, target)) {
        throw Violation({"SES-1",
                         fmt::format("302 to http://{}{}",
                                     stage.iut().device.service.front().to_string(), target),
                         fmt::format("{} to {}", reply.head.status, location), reply.frame});
    }
    const auto session =
        read_session_value(stage.iut().sessions.key, parameter_of(stage, target_of(location)));
    stage.check_that(session && session->server == stage.iut().device.id, "SES-1",
                     "a parameter with a session of the device's", location, reply.frame);
    return location;
}

Task<> keeper_redirects_to_itself(Stage& stage) {
    const std::string& local = stage.iut().requests.local;
    expect_redirect(stage, co_await ask_as_target(stage, local), local);
    const std::string with_query = local + "?a=b&c";
    const Reply reply = co_await ask_as_target(stage, with_query);
    const std::string location = expect_redirect(stage, reply, local + "?");
    const std::string target = target_of(location);
    stage.check_that(target.find("a=b&c") != std::string::npos, "SES-1",
                     "the query of the request to go along", location, reply.frame);
}

/// A 302 makes a GET of whatever it answers: so what is neither GET nor HEAD is served at once.
Task<> other_methods_served(Stage& stage) {
    MovedIn connection(stage);
    co_await web::move_in(connection);
    Conversation conversation(stage, connection);
    HttpRequest request = web::get(stage.iut().requests.local);
    request.method = "POST";
    request.fields.push_back({"Content-Length", "0"});
    const Reply reply = co_await conversation.ask("SES-1", request);
    stage.check_that(reply.head.status != kFound, "SES-1", "no redirect of a POST", "302",
                     reply.frame);
    stage.check_that(web::session_set(stage, reply).has_value(), "SES-1",
                     "a cookie where there is no redirect", "none", reply.frame);
}

/// Who follows arrives, once: the URL would lead elsewhere, and is not asked.
Task<> following_stays(Stage& stage) {
    const std::string& moved = stage.iut().requests.moved;
    const std::string location =
        expect_redirect(stage, co_await ask_as_target(stage, moved), moved);
    Conversation conversation = co_await web::connect(stage);
    Peer& peer = stage.open_peer(conversation.client());
    const Reply reply = co_await conversation.ask("SES-2", web::get(target_of(location)));
    co_await peer.expect_silence("SES-2", "for a session of the device's own", Duration::zero());
    stage.check("SES-1", "status at the keeper's own address", 200, reply.head.status, reply.frame);
    const auto session = web::session_set(stage, reply);
    const auto told =
        read_session_value(stage.iut().sessions.key, parameter_of(stage, target_of(location)));
    stage.check_that(session && session == told, "SES-1", "the cookie of the same session",
                     session ? "another one" : "none", reply.frame);
}

/// The parameter leads as the cookie does, and no more than that.
Task<> parameter_is_an_identifier(Stage& stage) {
    const auto with = [&stage](const std::string& value) {
        return fmt::format("{}?{}={}", stage.iut().requests.local, stage.iut().sessions.cookie,
                           value);
    };
    const std::string genuine = web::value_naming(stage, stage.server(0).id);
    Conversation moves = co_await web::connect(stage);
    Peer& peer = stage.open_peer(moves.client());
    moves.send(web::get(with(genuine)));
    stage.check_that(co_await moves.decision(peer, kDecided) == Decision::Elsewhere, "SES-2",
                     "a parameter of the peer to lead there", "served here",
                     stage.wire().capture().size() - 1);
    std::string forged = genuine;
    forged.back() = forged.back() == '0' ? '1' : '0';
    Conversation stays = co_await web::connect(stage);
    Peer& unasked = stage.open_peer(stays.client());
    const Reply reply = co_await stays.ask("SES-1", web::get(with(forged)));
    co_await unasked.expect_silence("SES-1", "for a parameter that no member has made",
                                    Duration::zero());
    stage.check_that(web::session_set(stage, reply).has_value(), "SES-1",
                     "a session for a client without one", "none", reply.frame);
}

CaseInfo redirect_case(std::string_view id, std::string_view claim,
                       std::vector<std::string_view> requirements, std::string_view role,
                       Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", role, run, "session-redirect"};
}

}  // namespace

std::vector<CaseInfo> system_redirect_cases() {
    return {redirect_case("system/redirect/keeper-redirects-to-itself",
                          "A target redirects a client without a session to its own address, with "
                          "the session in the URL.",
                          {"SES-1"}, "target", keeper_redirects_to_itself),
            redirect_case("system/redirect/following-stays",
                          "Who follows is served there, whatever the URL map says.",
                          {"SES-1", "SES-2"}, "target", following_stays),
            redirect_case("system/redirect/other-methods-served",
                          "What is neither GET nor HEAD is served at once, with a cookie.",
                          {"SES-1"}, "target", other_methods_served),
            redirect_case("system/redirect/parameter-is-an-identifier",
                          "The parameter leads to the server that it names; a forged one nowhere.",
                          {"SES-2", "SES-1"}, "home", parameter_is_an_identifier)};
}

}  // namespace conform
