// SPDX-License-Identifier: Apache-2.0
// For tests: an application at the end of one TCP connection, without a network in between.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/packet.hh"
#include "shunt/node/http_conversation.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

inline const tcp::Identity kServer{wire::Ipv4Address(10, 7, 1, 1), 80,
                                   wire::Ipv4Address(10, 7, 0, 9), 4711};
inline const tcp::Identity kClient{kServer.remote_address, kServer.remote_port,
                                   kServer.local_address, kServer.local_port};

/// Objects that say one size and may hold fewer bytes.
class Shelf final : public Contents {
  public:
    struct Object {
        std::uint64_t announced;
        std::string bytes;
    };
    std::map<std::string, Object, std::less<>> objects;

    std::optional<std::uint64_t> size_of(std::string_view path) override {
        const auto found = objects.find(path);
        if (found == objects.end()) return std::nullopt;
        return found->second.announced;
    }
    std::uint64_t version_of(std::string_view) override { return 0; }
    std::size_t read(std::string_view path, std::uint64_t offset, MutableBytes into) override {
        const std::string& bytes = objects.find(path)->second.bytes;
        if (offset >= bytes.size()) return 0;
        const std::size_t count = std::min<std::size_t>(into.size(), bytes.size() - offset);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
        return count;
    }
};

class ConversationFixture : public testing::Test {
  protected:
    ConversationFixture() {
        config_.no_delay = true;
        auto opened = tcp::Connection::connect(config_, kClient, {}, now_);
        client_.emplace(std::move(*opened));
        Packet syn = pool_.take();
        client_->poll_transmit(now_, syn);
        const auto ip = wire::Ipv4View::parse(syn.bytes());
        auto accepted =
            tcp::Connection::accept(config_, kServer, *wire::TcpView::parse(*ip), {}, now_);
        server_.emplace(std::move(*accepted));
        exchange();
    }

    bool carry(tcp::Connection& from, tcp::Connection& to) {
        Packet packet = pool_.take();
        if (!from.poll_transmit(now_, packet)) return false;
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        to.handle_segment(*wire::TcpView::parse(*ip), now_);
        return true;
    }

    void exchange() {
        for (bool moved = true; moved;) {
            moved = carry(*client_, *server_);
            conversation_->advance(*server_, now_);
            moved = carry(*server_, *client_) || moved;
            const ByteView text = client_->readable();
            received_.append(text.begin(), text.end());
            client_->consume(text.size());
        }
    }

    /// What the server answers to `text`.
    std::string answer_to(std::string_view text) {
        received_.clear();
        client_->send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        exchange();
        return received_;
    }

    /// Lets everything happen that happens until then.
    void pass(Duration span) {
        const Instant end = now_ + span;
        for (;;) {
            exchange();
            conversation_->asks_to_leave(now_);  // and nobody has a way
            const auto next = earlier(earlier(client_->poll_deadline(), server_->poll_deadline()),
                                      conversation_->wake_at());
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            for (tcp::Connection* one : {&*client_, &*server_})
                if (is_due(one->poll_deadline(), now_)) one->handle_deadline(now_);
        }
        now_ = end;
        exchange();
    }

    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    Instant now_;
    PacketPool pool_;
    tcp::Config config_;
    Shelf shelf_;
    std::optional<tcp::Connection> client_;
    std::optional<tcp::Connection> server_;
    std::unique_ptr<stack::Conversation> conversation_ =
        std::make_unique<HttpConversation>(shelf_, "s1");
    std::string received_;
};

}  // namespace shunt::node
