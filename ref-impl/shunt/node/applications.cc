// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/applications.hh"

#include "shunt/node/http_conversation.hh"
#include "shunt/node/response_stream.hh"

namespace shunt::node {

std::unique_ptr<stack::Conversation> BuiltInApplications::resume(std::uint16_t port,
                                                                 ByteView context) {
    const farm::Listen* listen = config_.listen_of(self_, port);
    if (listen == nullptr) return nullptr;
    if (listen->application == farm::kStreamApplication) {
        return ResponseStream::resume(contents_, context);
    }
    if (listen->application != farm::kHttpApplication) return nullptr;
    Sessions* sessions = Sessions::of_listener(*listen, sessions_);
    if (context.empty()) return std::make_unique<HttpConversation>(contents_, self_.name, sessions);
    return HttpConversation::resume(contents_, self_.name, context, sessions);
}

}  // namespace shunt::node
