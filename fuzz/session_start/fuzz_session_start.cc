// SPDX-License-Identifier: Apache-2.0
// Fuzz target of sessions at the beginning of a connection: the first byte says how what follows is
// cut into pieces, the next two how much of it the client has sent; the rest is its backend's. A
// home looks at the client's bytes as they come, an application at all of them, and a gateway's
// stream at both sides.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz_target.hh"
#include "session_start/known_sessions.hh"
#include "shunt/base/assert.hh"
#include "shunt/farm/http_request.hh"
#include "shunt/farm/request_start.hh"
#include "shunt/node/stream_session.hh"

namespace shunt::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// SEL-5: what was found stays found, and what may not come any more does not come.
void check_prefixes(const node::Sessions& sessions, ByteView client, std::size_t piece) {
    std::optional<farm::ServerId> keeper;
    bool may_come = true;
    for (std::size_t size = 0;; size = std::min(client.size(), size + piece)) {
        const ByteView here = client.first(size);
        farm::RequestStart start(here);
        const auto named = sessions.named_by(start, here, Instant());
        SHUNT_ASSERT(!named.keeper || !named.may_come, "what is here is not waited for");
        SHUNT_ASSERT(!keeper || named.keeper == keeper, "an identifier stays what it is");
        SHUNT_ASSERT(may_come || named.keeper == keeper, "nothing comes that could not");
        keeper = named.keeper;
        may_come = named.may_come;
        if (size == client.size()) return;
    }
}

/// The home and the application read the same request.
void check_application(ByteView client) {
    const auto parsed = farm::parse_request_head(client);
    const auto* head = std::get_if<farm::RequestHead>(&parsed);
    if (head == nullptr) return;
    farm::RequestStart start(client);
    SHUNT_ASSERT(start.target() == head->target, "the target is the application's");
    std::string cookies;
    bool is_first = true;
    while (const auto value = start.next_cookies()) {
        if (!is_first) cookies += "; ";
        is_first = false;
        cookies += *value;
    }
    SHUNT_ASSERT(start.is_over(), "a whole head is whole");
    // A line that goes on in the next one (RFC 9112 5.2) is for applications alone.
    const std::string_view text = as_text(client).substr(0, head->header_bytes);
    const bool is_folded = text.find("\n ") != text.npos || text.find("\n\t") != text.npos;
    SHUNT_ASSERT(is_folded || cookies == head->cookies, "the cookies are the application's");
}

Bytes pass_all(ByteView client, ByteView backend, std::size_t piece) {
    KnownSessions known;
    node::StreamSession session(known.sessions(), {});
    session.hear_client(client);
    Bytes passed;
    while (!backend.empty()) {
        const std::size_t count = std::min(piece, backend.size());
        const Bytes out =
            session.is_over()
                ? Bytes(backend.begin(), backend.begin() + static_cast<std::ptrdiff_t>(count))
                : session.pass(backend.first(count));
        SHUNT_ASSERT(out.size() <= count + session.held() + 10 * 1'024, "nothing is made up");
        SHUNT_ASSERT(session.held() <= 8 * 1'024 + piece, "what is kept is bounded");
        passed.insert(passed.end(), out.begin(), out.end());
        backend = backend.subspan(count);
    }
    const Bytes rest = session.take_rest();
    passed.insert(passed.end(), rest.begin(), rest.end());
    return passed;
}

/// However it is cut the same comes: all that the backend has sent, and one field at most.
void check_gateway(ByteView client, ByteView backend, std::size_t piece) {
    const Bytes whole = pass_all(client, backend, std::max<std::size_t>(backend.size(), 1));
    const bool is_bounded = backend.size() <= 8 * 1'024;  // beyond it pieces do matter
    SHUNT_ASSERT(!is_bounded || pass_all(client, backend, piece) == whole, "cuts do not matter");
    if (whole.size() == backend.size()) {
        SHUNT_ASSERT(std::equal(whole.begin(), whole.end(), backend.begin()), "nothing is changed");
        return;
    }
    std::string text(as_text(whole));
    const std::size_t added = whole.size() - backend.size();
    const auto differs =
        std::mismatch(whole.begin(), whole.end(), backend.begin(), backend.end()).first;
    const auto field = static_cast<std::size_t>(differs - whole.begin());
    // The field may begin with bytes that stand behind it too.
    const std::size_t begin = text.rfind("Set-Cookie: SHUNT=", field);
    SHUNT_ASSERT(begin != std::string::npos, "only a cookie is added");
    text.erase(begin, added);
    SHUNT_ASSERT(text == as_text(backend), "and nothing is taken away");
}

}  // namespace
}  // namespace shunt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace shunt;
    using namespace shunt::fuzz;
    if (size < 3) return 0;
    const std::size_t piece = std::size_t{1} + data[0];
    const ByteView streams(data + 3, size - 3);
    const std::size_t of_client = std::min<std::size_t>(load_u16({data, size}, 1), streams.size());
    const ByteView client = streams.first(of_client);
    const KnownSessions known;
    check_prefixes(known.sessions(), client, piece);
    check_application(client);
    check_gateway(client, streams.subspan(of_client), piece);
    return 0;
}
