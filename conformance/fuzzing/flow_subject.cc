// SPDX-License-Identifier: Apache-2.0
/// UDP flows as subjects: one that has moved to the device, and one of its own that it forwards.
#include <fmt/format.h>

#include "cases/endpoint/moved_flow.hh"
#include "fuzzing/subject.hh"

namespace conform::fuzzing {
namespace {

/// The device is its target, and answers its datagrams.
class MovedFlowSubject : public Subject {
  public:
    explicit MovedFlowSubject(Stage& stage) : stage_(stage), flow_(stage) {}

    Peer& peer() override { return flow_.peer; }
    Task<> expect_client_silence(const char* requirement, const char* when,
                                 Duration length) override {
        return flow_.client.expect_silence(requirement, when, length);
    }

    Task<> prepare() override {
        flow_.send_connection();
        co_await flow_.expect_acknowledgement("EP-51");
        flow_.release();
        co_await exchange();
    }

    Situation situation() override {
        return {SubjectState::FlowHere, flow_.client.self(), flow_.client.service(), flow_.id(),
                flow_.copy};
    }

    Bytes make(EncapsulationType type) override {
        if (type == EncapsulationType::Connection)
            return peer().make(type, encode(flow_.information));
        if (type == EncapsulationType::Forwarded)
            return peer().make(type, flow_.client.packet("fuzz"));
        return peer().make(type, payload_of(type, flow_.id(), flow_.copy, stage_.has_extensions()));
    }

    std::optional<EncapsulationType> repeated() const override { return std::nullopt; }
    Duration patience() const override { return kPatience; }

    Task<> go_on() override {
        co_await drain(peer());
        co_await exchange();
    }

    void provoke(const ReceivedEncapsulation& told) override {
        if (!told.header().is(EncapsulationType::Acknowledgement)) return;
        const auto copy = parse_identified_copy(told.header().payload);
        if (copy) peer().send(EncapsulationType::Go, encode(*copy));
    }
    void provoke() override { flow_.forward("more"); }

  private:
    Task<> exchange() {
        const std::string text = fmt::format("datagram {}", ++exchanges_);
        flow_.forward(text);
        co_await flow_.client.expect_answer("EP-52", text, stage_.iut().timers.answer);
    }

    Stage& stage_;
    endpoint::MovedFlow flow_;
    int exchanges_ = 0;
};

/// The device is its home, and forwards its datagrams.
class DepartedFlowSubject : public Subject {
  public:
    explicit DepartedFlowSubject(Stage& stage)
        : stage_(stage),
          client_(stage.open_udp_client()),
          peer_(stage.open_peer(client_)),
          copy_(stage.random().next_u32()) {}

    Peer& peer() override { return peer_; }
    Task<> expect_client_silence(const char* requirement, const char* when,
                                 Duration length) override {
        return client_.expect_silence(requirement, when, length);
    }

    Task<> prepare() override {
        const ReceivedEncapsulation offer =
            co_await endpoint::provoke_flow_migration(stage_, client_, peer_);
        const auto information = parse_flow_information(offer.header().payload);
        id_ = {client_.service(), 0, information ? information->flow.value_or(0) : 0};
        peer_.send(
            EncapsulationType::Acknowledgement,
            payload_of(EncapsulationType::Acknowledgement, id_, copy_, stage_.has_extensions()));
        if (stage_.has_extensions()) {
            co_await peer_.expect("EP-16", endpoint::about_flow(EncapsulationType::Go, client_),
                                  stage_.iut().timers.answer, EncapsulationType::Connection);
        }
        co_await expect_forwarded();
    }

    Situation situation() override {
        return {SubjectState::FlowAway, client_.self(), client_.service(), id_, copy_};
    }

    Bytes make(EncapsulationType type) override {
        if (type == EncapsulationType::Connection) {
            FlowInformation back{client_.service(), {}};
            if (stage_.has_extensions()) back.flow = id_.epoch;
            return peer_.make(type, encode(back));
        }
        if (type == EncapsulationType::Forwarded) return peer_.make(type, client_.packet("fuzz"));
        return peer_.make(type, payload_of(type, id_, copy_, stage_.has_extensions()));
    }

    std::optional<EncapsulationType> repeated() const override { return std::nullopt; }
    Duration patience() const override { return kPatience; }

    Task<> go_on() override {
        co_await drain(peer_);
        co_await expect_forwarded();
    }

    void provoke(const ReceivedEncapsulation&) override {}
    void provoke() override { client_.send("more"); }

  private:
    Task<> expect_forwarded() {
        const std::string text = fmt::format("datagram {}", ++sent_);
        client_.send(text);
        const ReceivedEncapsulation forwarded = co_await peer_.expect(
            "EP-51", endpoint::about_flow(EncapsulationType::Forwarded, client_),
            stage_.iut().timers.answer, EncapsulationType::Connection);
        stage_.check_that(forwarded.header().payload == client_.packet(text), "EP-21",
                          "the datagram as it came", describe(forwarded.content), forwarded.frame);
    }

    Stage& stage_;
    UdpClient& client_;
    Peer& peer_;
    MigrationId id_;
    std::uint32_t copy_;
    int sent_ = 0;
};

}  // namespace

std::unique_ptr<Subject> make_flow_subject(Stage& stage, SubjectState state) {
    if (state == SubjectState::FlowHere) return std::make_unique<MovedFlowSubject>(stage);
    return std::make_unique<DepartedFlowSubject>(stage);
}

}  // namespace conform::fuzzing
