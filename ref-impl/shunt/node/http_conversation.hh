// SPDX-License-Identifier: Apache-2.0
// The built-in HTTP/1.1 server: generated content of any size ("/bytes/N"), the objects of a
// Contents, and either of them while it grows ("/tail/..", docs/applications.md). GET and HEAD,
// keep-alive and pipelining. The body of a POST or PUT is read and ignored;
// for "/bytes/N?verify" it has to be generated content too, and where the query names a stream, N
// bytes of that, else the answer is 422.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/farm/http_request.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/http_context_format.hh"
#include "shunt/node/http_response.hh"
#include "shunt/node/sessions.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::node {

class HttpConversation final : public stack::Conversation {
  public:
    /// `contents` and `server_name` outlive the conversation. The name goes out in each Server
    /// field, so that a person sees who answered. `sessions` too; null: clients get none.
    HttpConversation(Contents& contents, std::string_view server_name, Sessions* sessions = nullptr)
        : contents_(contents), sessions_(sessions), server_name_(server_name) {}

    /// One that goes on where another has stopped, with the same objects; null if it cannot.
    static std::unique_ptr<HttpConversation> resume(Contents& contents,
                                                    std::string_view server_name, ByteView context,
                                                    Sessions* sessions = nullptr);

    void advance(tcp::Connection& connection, Instant now) override;
    std::optional<Instant> wake_at() const override;
    std::optional<std::vector<std::uint8_t>> context() const override;

  private:
    using State = http_context::State;
    bool is_consistent() const;
    bool read_head(tcp::Connection& connection);
    bool read_body(tcp::Connection& connection);
    bool write_response(tcp::Connection& connection, Instant now);
    void answer_first(const farm::RequestHead& head, const tcp::Connection& connection);
    void answer(std::string_view method, std::string_view target);
    void answer_generated(std::uint64_t size, std::string_view query, bool is_upload);
    bool answer_tail(std::string_view path, std::string_view query);
    void refuse_head(const farm::MalformedRequest& request);
    void refuse(std::string_view status, std::string_view text);
    void answer_text(std::string_view status, std::string_view text);
    HttpResponse& start(std::string_view status, std::string_view type, std::uint64_t size);
    HttpResponse& begin_response(std::string_view status, std::string_view type,
                                 std::string_view framing);
    void finish_exchange();

    Contents& contents_;
    Sessions* sessions_;
    std::string_view server_name_;
    /// An answer under way. Between two requests there is none: most connections wait, most of the
    /// time, and should cost little.
    std::unique_ptr<HttpResponse> response_;
    std::uint64_t request_body_left_ = 0;
    std::uint64_t request_body_read_ = 0;
    State state_ = State::Head;
    bool is_request_body_verified_ = false;
    bool keeps_alive_ = true;
    bool takes_chunks_ = false;
    bool is_head_request_ = false;
    bool is_greeted_ = false;  // its first response has said what there is of its session (SES-1)
};

}  // namespace shunt::node
