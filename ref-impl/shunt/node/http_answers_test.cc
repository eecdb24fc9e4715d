// SPDX-License-Identifier: Apache-2.0
// The HTTP application over one TCP connection without a network in between.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "shunt/base/packet.hh"
#include "shunt/node/http_conversation.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

const tcp::Identity kServer{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9),
                            4711};
const tcp::Identity kClient{kServer.remote_address, kServer.remote_port, kServer.local_address,
                            kServer.local_port};

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

class HttpAnswers : public testing::Test {
  protected:
    HttpAnswers() {
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
            conversation_.advance(*server_);
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

    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    Instant now_;
    PacketPool pool_;
    tcp::Config config_;
    Shelf shelf_;
    std::optional<tcp::Connection> client_;
    std::optional<tcp::Connection> server_;
    HttpConversation conversation_{shelf_, "s1"};
    std::string received_;
};

TEST_F(HttpAnswers, HeadIsAnsweredWithoutABodyAndTheNextRequestFollows) {
    const auto head = answer_to("HEAD /bytes/10 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(head, "Content-Length: 10\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    EXPECT_TRUE(answer_to("GET /bytes/3 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n000"));
}

TEST_F(HttpAnswers, APostedBodyIsPassedOver) {
    EXPECT_EQ(answer_to("POST /bytes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET /"), "");
    EXPECT_TRUE(answer_to("byteGET /bytes/2 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n00"));
}

TEST_F(HttpAnswers, ABodyThatEndsTooSoonResetsTheConnection) {
    answer_to("POST /bytes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET /");
    client_->close();
    exchange();
    EXPECT_EQ(received_, "");
    EXPECT_TRUE(client_->is_closed());
}

TEST_F(HttpAnswers, AChunkedRequestIsRefusedAndIsTheLast) {
    const auto answer = answer_to(
        "POST /bytes/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nGET /\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 411 "));
    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait) << "the server has closed";
    EXPECT_EQ(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST_F(HttpAnswers, WhatIsNotHttpIsRefusedAndIsTheLast) {
    EXPECT_TRUE(answer_to("\x16\x03\x01 hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(HttpAnswers, AHeadWithoutEndIsRefused) {
    const auto answer = answer_to("GET /" + std::string(10'000, 'a'));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpAnswers, AnEmptyObjectHasAnEmptyBody) {
    shelf_.objects["/empty"] = {0, ""};
    const auto answer = answer_to("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(has(answer, "Content-Length: 0\r\n") && answer.ends_with("\r\n\r\n"));
    EXPECT_TRUE(answer_to("GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n0"));
}

TEST_F(HttpAnswers, AnObjectThatShrinksResetsTheConnection) {
    shelf_.objects["/log"] = {100'000, std::string(60'000, 'x')};
    answer_to("GET /log HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client_->is_closed()) << "a short body must not look complete";
    EXPECT_TRUE(server_->is_closed());
}

TEST_F(HttpAnswers, AnAbsoluteTargetNamesTheSameObject) {
    shelf_.objects["/a"] = {2, "hi"};
    EXPECT_TRUE(
        answer_to("GET http://x/a?q=1 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nhi"));
}

TEST_F(HttpAnswers, AnEncodedTargetNamesTheObjectThatItStandsFor) {
    shelf_.objects["/a b"] = {3, "abc"};
    EXPECT_TRUE(answer_to("GET /a%20b?q HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nabc"));
    EXPECT_TRUE(answer_to("GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpAnswers, AnUnknownObjectAndAnUnknownMethodLeaveTheConnectionOpen) {
    EXPECT_TRUE(answer_to("GET /no HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(answer_to("BREW /no HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 501 "));
    EXPECT_EQ(client_->state(), tcp::State::Established);
}

TEST_F(HttpAnswers, AnHttp10RequestIsTheLast) {
    EXPECT_TRUE(answer_to("GET /bytes/1 HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n0"));
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

TEST_F(HttpAnswers, PipelinedRequestsAreAnsweredInOrder) {
    const auto answer = answer_to(
        "GET /bytes/1 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /bytes/7 HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto first = answer.find("Content-Length: 1\r\n");
    const auto second = answer.find("Content-Length: 7\r\n");
    const auto third = answer.find("HTTP/1.1 404 ");
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
    EXPECT_NE(third, std::string::npos);
    EXPECT_EQ(client_->state(), tcp::State::CloseWait);
}

}  // namespace
}  // namespace shunt::node
