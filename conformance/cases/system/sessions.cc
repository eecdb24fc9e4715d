// SPDX-License-Identifier: Apache-2.0
/// System page, SES-1 and SES-5: who gets a session, what it looks like, and what is none.
#include <fmt/format.h>

#include "cases/endpoint/image.hh"
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

constexpr milliseconds kDecided{200};
constexpr unsigned kFound = 302;

bool redirects(const Stage& stage) {
    return stage.iut().statement.has_option("session-redirect");
}

/// The response must set one of the device; throws Violation where it sets none.
SessionId expect_session(Stage& stage, const char* requirement, const Reply& reply) {
    const auto session = web::session_set(stage, reply);
    if (!session) {
        throw Violation({requirement, "a session cookie in the first response",
                         fmt::format("none with status {}", reply.head.status), reply.frame});
    }
    stage.check(requirement, "a session kept by server", stage.iut().device.id, session->server,
                reply.frame);
    return *session;
}

void expect_none(Stage& stage, const char* requirement, const char* when, const Reply& reply) {
    stage.check_that(!web::session_set(stage, reply), requirement,
                     fmt::format("no session cookie {}", when), "one", reply.frame);
}

Task<> first_response_names_keeper(Stage& stage) {
    const HttpRequest request = web::get(stage.iut().requests.local);
    Conversation one = co_await web::connect(stage);
    const Reply first = co_await one.ask("SES-1", request);
    stage.check("SES-1", "status", 200, first.head.status, first.frame);
    const SessionId session = expect_session(stage, "SES-1", first);
    expect_none(stage, "SES-1", "in a later response", co_await one.ask("SES-1", request));
    Conversation other = co_await web::connect(stage);
    const Reply second = co_await other.ask("SES-1", request);
    stage.check_that(expect_session(stage, "SES-1", second).number != session.number, "SES-1",
                     "another number for another session", "the same", second.frame);
}

/// Whatever the first response says, and if it has no body.
Task<> any_response_names_keeper(Stage& stage) {
    Conversation missing = co_await web::connect(stage);
    const Reply not_found =
        co_await missing.ask("SES-1", web::get(stage.iut().requests.local + "/no/such/thing"));
    stage.check_that(not_found.head.status != 200, "SES-1", "another status than 200",
                     fmt::format("{}", not_found.head.status), not_found.frame);
    expect_session(stage, "SES-1", not_found);
    Conversation head = co_await web::connect(stage);
    HttpRequest bodiless = web::get(stage.iut().requests.local);
    bodiless.method = "HEAD";
    expect_session(stage, "SES-1", co_await head.ask("SES-1", bodiless));
    // What comes behind a response without a body is read as the next one.
    expect_none(stage, "SES-1", "in a later response",
                co_await head.ask("SES-1", web::get(stage.iut().requests.local)));
}

/// The fields of requests that bring this cookie, alone and among others.
std::vector<std::vector<HttpField>> fields_with(const Stage& stage, const HttpField& cookie) {
    const std::string& name = stage.iut().sessions.cookie;
    return {{cookie},
            {{"Cookie", "theme=dark; " + cookie.value + "; lang=de"}},
            {{"Cookie", "theme=dark"}, {"Accept", "*/*"}, cookie},
            {{"Cookie", name + "=of-another-path; " + cookie.value}}};
}

/// The cookie of a first response, brought back on other connections: alone, and among others.
Task<> known_client_gets_none(Stage& stage) {
    const std::string& local = stage.iut().requests.local;
    Conversation first = co_await web::connect(stage);
    const SessionId session =
        expect_session(stage, "SES-1", co_await first.ask("SES-1", web::get(local)));
    const HttpField cookie =
        web::cookie_field(stage, session_value(stage.iut().sessions.key, session));
    for (const auto& fields : fields_with(stage, cookie)) {
        HttpRequest request = web::get(local);
        request.fields = fields;
        Conversation again = co_await web::connect(stage);
        expect_none(stage, "SES-1", "for a client that brings one",
                    co_await again.ask("SES-1", request));
    }
}

/// Each value names the peer, and is none that a member has made: served here, with a session of
/// the device's. The twin, which the peer could have made, goes to the peer.
Task<> expect_each_is_none(Stage& stage, const std::vector<std::string>& values) {
    const std::string& local = stage.iut().requests.local;
    for (const std::string& value : values) {
        Conversation forged = co_await web::connect(stage);
        Peer& peer = stage.open_peer(forged.client());
        const Reply reply = co_await forged.ask("SES-2", web::get(stage, local, value));
        co_await peer.expect_silence("SES-2", "for a cookie that no member has made",
                                     Duration::zero());
        expect_session(stage, "SES-1", reply);
    }
    Conversation genuine = co_await web::connect(stage);
    Peer& peer = stage.open_peer(genuine.client());
    const std::string value = web::value_naming(stage, stage.server(0).id);
    genuine.send(web::get(stage, local, value));
    const Decision decision = co_await genuine.decision(peer, kDecided);
    stage.check_that(decision == Decision::Elsewhere, "SES-2",
                     "a genuine cookie of the peer to lead there", "served here",
                     stage.wire().capture().size() - 1);
}

char other_digit(char digit) {
    return digit == '0' ? '1' : '0';
}

Task<> forged_cookie_is_none(Stage& stage) {
    const std::uint32_t peer = stage.server(0).id;
    const std::string genuine = web::value_naming(stage, peer);
    const auto changed = [&genuine](std::size_t at) {
        std::string value = genuine;
        value[at] = other_digit(value[at]);
        return value;
    };
    const Bytes other_key = derive_session_key(to_bytes("a secret of another farm"), 1);
    // First and last digit of the tag, one of the number, and the server of another's cookie.
    std::vector<std::string> values(5);
    values[0] = changed(24);
    values[1] = changed(55);
    values[2] = changed(12);
    values[3] = session_value(other_key, SessionId{peer, 7});
    values[4] = genuine.substr(0, 8) + web::value_naming(stage, stage.iut().device.id).substr(8);
    co_await expect_each_is_none(stage, values);
}

Task<> malformed_cookie_is_none(Stage& stage) {
    const std::string genuine = web::value_naming(stage, stage.server(0).id);
    std::string upper = genuine;
    for (char& digit : upper) {
        if (digit >= 'a' && digit <= 'f') digit = static_cast<char>(digit - 'a' + 'A');
    }
    std::vector<std::string> values(5);  // the last one is empty
    values[0] = genuine.substr(0, 55);
    values[1] = genuine + "0";
    values[2] = upper;
    values[3] = "\"" + genuine + "\"";
    co_await expect_each_is_none(stage, values);
}

/// The connection of `client` moves to the peer in use, and comes back as it was.
Task<> move_and_return(Stage& stage, Client& client) {
    Peer& peer = stage.open_peer(client);
    co_await stage.upper_tester().migrate("EP-40", client, peer.self().name);
    const endpoint::Offer offer = endpoint::take_offer(
        co_await peer.expect("EP-41", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
    endpoint::Image image = co_await endpoint::take_image(stage, peer, offer);
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    ++image.information.block.epoch;
    endpoint::send_connection(peer, image);
    endpoint::send_queues(peer, image);
    co_await peer.expect("EP-45", endpoint::about(EncapsulationType::Acknowledgement, client),
                         stage.iut().timers.answer, EncapsulationType::Data);
}

/// What comes behind a move is a later response of the same connection.
Task<> moved_connection_gets_none(Stage& stage) {
    const HttpRequest request = web::get(stage.iut().requests.local);
    Conversation conversation = co_await web::connect(stage);
    expect_session(stage, "SES-1", co_await conversation.ask("SES-1", request));
    co_await move_and_return(stage, conversation.client());
    expect_none(stage, "SES-1", "in a later response, behind a move",
                co_await conversation.ask("EP-45", request));
}

/// SES-1, as target: the keeper is who serves the connection, not who received it.
Task<> target_names_itself(Stage& stage) {
    MovedIn connection(stage);
    co_await web::move_in(connection);
    Conversation conversation(stage, connection);
    const HttpRequest request = web::get(stage.iut().requests.local);
    const Reply first = co_await conversation.ask("SES-1", request);
    if (redirects(stage)) {
        stage.check("SES-1", "status of a redirect", kFound, first.head.status, first.frame);
    } else {
        stage.check("SES-1", "status", 200, first.head.status, first.frame);
        expect_session(stage, "SES-1", first);
        expect_none(stage, "SES-1", "in a later response",
                    co_await conversation.ask("SES-1", request));
    }
}

/// A client that brings the device's own session is answered, and nothing else.
Task<> target_knows_its_own(Stage& stage) {
    MovedIn connection(stage);
    co_await web::move_in(connection);
    Conversation conversation(stage, connection);
    const std::string value = web::value_naming(stage, stage.iut().device.id);
    const Reply reply =
        co_await conversation.ask("SES-2", web::get(stage, stage.iut().requests.local, value));
    stage.check("SES-2", "status", 200, reply.head.status, reply.frame);
    expect_none(stage, "SES-2", "for a client that brings one", reply);
}

/// SES-5, as target: a session of a server that did not get the connection has lost its keeper.
Task<> target_takes_over(Stage& stage) {
    MovedIn connection(stage);
    co_await web::move_in(connection);
    Conversation conversation(stage, connection);
    const std::string value = web::value_naming(stage, stage.server(1).id);
    const Reply reply =
        co_await conversation.ask("SES-5", web::get(stage, stage.iut().requests.local, value));
    if (redirects(stage)) {
        stage.check("SES-5", "status of a redirect", kFound, reply.head.status, reply.frame);
    } else {
        expect_session(stage, "SES-5", reply);
    }
}

CaseInfo session_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, std::string_view role,
                      Task<> (*run)(Stage& stage), std::string_view needs = "sessions") {
    return {id, claim, std::move(requirements), "endpoint", role, run, needs};
}

}  // namespace

std::vector<CaseInfo> system_sessions_cases() {
    return {session_case("system/sessions/first-response-names-keeper",
                         "The first response of a connection, and no later one, sets a cookie that "
                         "names the server, with a number of its own and the farm's tag.",
                         {"SES-1"}, "home", first_response_names_keeper),
            session_case("system/sessions/any-response-names-keeper",
                         "So does one that refuses, and one without a body.", {"SES-1"}, "home",
                         any_response_names_keeper),
            session_case("system/sessions/known-client-gets-none",
                         "A client that brings a genuine cookie, among whatever others, gets none.",
                         {"SES-1"}, "home", known_client_gets_none),
            session_case("system/sessions/forged-cookie-is-none",
                         "A cookie whose tag is not the farm's for it leads nowhere, and is "
                         "replaced.",
                         {"SES-1", "SES-2"}, "home", forged_cookie_is_none),
            session_case("system/sessions/malformed-cookie-is-none",
                         "So is a value of another length or form.", {"SES-1", "SES-2"}, "home",
                         malformed_cookie_is_none),
            session_case("system/sessions/moved-connection-gets-none",
                         "A connection that has moved and come back is given no second session.",
                         {"SES-1"}, "home", moved_connection_gets_none, "sessions ext"),
            session_case("system/sessions/target-names-itself",
                         "A target names itself to a client that came to another server.",
                         {"SES-1"}, "target", target_names_itself),
            session_case("system/sessions/target-knows-its-own",
                         "A client that was sent to the keeper of its session gets no other one.",
                         {"SES-1", "SES-2"}, "target", target_knows_its_own),
            session_case("system/sessions/target-takes-over",
                         "A client whose keeper did not get it gets a session of who did.",
                         {"SES-5"}, "target", target_takes_over)};
}

}  // namespace conform
