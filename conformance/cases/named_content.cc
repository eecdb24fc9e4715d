// SPDX-License-Identifier: Apache-2.0
#include "cases/named_content.hh"

#include <fmt/format.h>

#include "cases/system/conversation.hh"

namespace conform {
namespace {

/// With `text` in the place of `part`, which is there once.
std::string filled(std::string target, std::string_view part, const std::string& text) {
    return target.replace(target.find(part), part.size(), text);
}

std::string with_stream(const std::string& target, const Client& client) {
    return filled(target, "{stream}", spell_stream(stream_of(client)));
}

}  // namespace

std::uint32_t stream_of(const Client& client) {
    // Ports differ within a run, initial sequence numbers from run to run. Multiplied, so that
    // neighbours differ in more than a digit, which could be a corrupted one.
    constexpr std::uint32_t kSpread = 0x9E3779B1;  // 2^32 / golden ratio
    const std::uint32_t port = client.self().port;
    return ((port * kSpread) ^ (client.initial_sequence() * kSpread)) >> 8U;
}

Bytes large_request(const Stage& stage, const Client& client) {
    const TestRequests& requests = stage.iut().requests;
    return http_request(requests.named.empty() ? requests.large
                                               : with_stream(requests.named, client));
}

Bytes Upload::bytes() const {
    Bytes all = head;
    append(all, body);
    return all;
}

Upload make_upload_to(const std::string& target, const Client& client, std::size_t size) {
    Upload upload;
    upload.head = to_bytes(fmt::format(
        "POST {} HTTP/1.1\r\nHost: conformance\r\nContent-Length: {}\r\n\r\n", target, size));
    upload.body = named_content(stream_of(client), size);
    return upload;
}

Upload make_upload(const Stage& stage, const Client& client, std::size_t size) {
    const std::string& target = stage.iut().requests.upload;
    if (target.empty()) throw NotRunnable("needs ixit.requests.upload, none given");
    const std::string sized = filled(target, "{size}", std::to_string(size));
    return make_upload_to(with_stream(sized, client), client, size);
}

Task<> expect_verified(Stage& stage, const char* requirement) {
    constexpr std::size_t kSize = 600;
    constexpr unsigned kRefused = 400;
    Client& client = stage.open_client();
    Upload upload = make_upload(stage, client, kSize);
    upload.body[kSize / 2] ^= 1U;
    co_await client.connect(requirement);
    web::Conversation conversation(stage, client);
    conversation.send(upload.bytes());
    const web::Reply reply = co_await conversation.reply(requirement);
    if (reply.head.status >= kRefused) co_return;
    throw NotRunnable("needs ixit.requests.upload that refuses a body with a wrong byte");
}

}  // namespace conform
