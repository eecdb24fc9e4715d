// SPDX-License-Identifier: Apache-2.0
#include "roles/stage.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"
#include "roles/echo.hh"

namespace conform {
namespace {

/// A device opens again after 5 s at the latest (CTL-2), and both sides greet.
constexpr std::chrono::milliseconds kChannelPatience{6'000};

/// A device may limit how often it answers.
constexpr std::chrono::milliseconds kAskAgain{250};
constexpr std::chrono::milliseconds kRoundTripMost{100};

/// A server that no state rule prefers to any other (SEL-3): connections stay where a URL does not
/// send them. Only the first one listens.
ServerState busy_state(const Iut& iut, const ServerAddresses& server) {
    ServerState state;
    state.server = server.id;
    state.connections = 1'000'000;
    state.cpu_per_mille = 1'000;
    if (server.name != iut.peers.front().name) return state;
    for (const Ipv4Address service : server.service) {
        for (const std::uint16_t port : {iut.service_port, iut.blob_port, iut.eager_port}) {
            if (port != 0) state.listening.push_back({{service, port}, 1});
        }
    }
    return state;
}

/// What our servers say that they have: what the device has.
std::uint32_t profiles_of(const Iut& iut) {
    const std::uint32_t blob = iut.blob_port == 0 ? 0 : control_profile::kBlob;
    return control_profile::kEndpoint | control_profile::kExtensions | blob;
}

}  // namespace

/// Takes the answers to the echoes of this case.
class Stage::EchoListener : public FrameListener {
  public:
    EchoListener(Wire& wire, std::uint16_t identifier)
        : identifier_(identifier), inbox_(wire.scheduler()) {
        wire.add_listener(*this);
    }
    std::uint16_t identifier() const { return identifier_; }
    Inbox& inbox() { return inbox_; }

    bool hear(std::size_t number, const CapturedFrame& captured) override {
        if (captured.link != Link::Front || !captured.frame.ipv4 || !captured.frame.ipv4->icmp) {
            return false;
        }
        const IcmpMessage& message = *captured.frame.ipv4->icmp;
        if (message.type != icmp_type::kEchoReply || message.identifier != identifier_)
            return false;
        inbox_.push(number);
        return true;
    }

  private:
    std::uint16_t identifier_;
    Inbox inbox_;
};

Stage::Stage(Attachment& attachment, const Iut& iut, Random random, const Place& place)
    : iut_(iut),
      random_(random),
      place_(place),
      wire_(attachment, iut,
            [this](const Frame& frame) { return place_.keeps_strangers || concerns(frame); }),
      router_(wire_, iut),
      upper_tester_(wire_, iut, place.port * kRequestsPerPort + 1),
      echo_(std::make_unique<EchoListener>(wire_, place.port)) {
    wire_.add_listener(router_);
}

Stage::~Stage() = default;

Task<> Stage::set_up() {
    if (!iut_.statement.has_option("control-channel") || !place_.has_channels) co_return;
    for (const ServerAddresses& peer : iut_.peers) {
        channels_.push_back(std::make_unique<ControlChannel>(
            wire_, peer, iut_.device, profiles_of(iut_), busy_state(iut_, peer), random_,
            [this](Finding finding) { findings_.push_back(std::move(finding)); }));
        wire_.scheduler().spawn_beside(channels_.back()->run());
    }
    for (const auto& channel : channels_) {
        if (co_await channel->wait_until_ready(kChannelPatience)) continue;
        co_await expect_alive("while its control channels are awaited");
        throw Violation({"CTL-1", fmt::format("a control channel with {}", channel->self().name),
                         fmt::format("none within {} ms", milliseconds_of(kChannelPatience))});
    }
}

bool Stage::concerns(const Frame& frame) const {
    const std::optional<std::uint16_t> port = client_port_of(frame);
    if (port) return *port >= place_.port && *port < place_.port + kPortsPerCase;
    if (!frame.ipv4) return false;
    // No case asks for anything else, so no other one has left it.
    return std::count(iut_.clients.begin(), iut_.clients.end(), frame.ipv4->destination) > 0;
}

Client& Stage::open_client(const ClientOffer& offer) {
    return open_client_of(iut_.device, iut_.clients.front(), offer);
}

Client& Stage::open_client_of_peer(const ClientOffer& offer, std::optional<Ipv4Address> address) {
    return open_client_of(server(0), address.value_or(iut_.clients.front()), offer);
}

Client& Stage::open_client_at(Ipv4Address address) {
    return open_client_of(iut_.device, address, {});
}

Client& Stage::open_client_of(const ServerAddresses& home, Ipv4Address address,
                              const ClientOffer& offer) {
    if (clients_.size() == kPortsPerCase) throw std::logic_error("a case has too many clients");
    const auto port = static_cast<std::uint16_t>(place_.port + clients_.size());
    clients_.push_back(std::make_unique<Client>(
        wire_, iut_, SocketAddress{address, port},
        SocketAddress{home.service.front(), offer.service_port.value_or(iut_.service_port)}, offer,
        random_));
    return *clients_.back();
}

Client& Stage::open_rival(Client& other, const ClientOffer& offer) {
    clients_.push_back(std::make_unique<Client>(
        wire_, iut_, other.self(), SocketAddress{iut_.device.service.front(), iut_.service_port},
        offer, random_));
    other.hear_service_alone();
    clients_.back()->hear_service_alone();
    return *clients_.back();
}

Client& Stage::open_successor(Client& other, const ClientOffer& offer) {
    clients_.push_back(
        std::make_unique<Client>(wire_, iut_, other.self(), other.service(), offer, random_));
    other.retire();
    return *clients_.back();
}

const ServerAddresses& Stage::server(std::size_t index) const {
    if (index < iut_.peers.size()) return iut_.peers[index];
    throw NotRunnable(
        fmt::format("needs {} servers in ixit.peers, {} given", index + 1, iut_.peers.size()));
}

Peer& Stage::open_peer(const Client& client, std::size_t index) {
    peers_.push_back(std::make_unique<Peer>(wire_, iut_, server(index), client.self(),
                                            client.service(), encapsulated_protocol::kTcp));
    return *peers_.back();
}

Peer& Stage::open_peer(const UdpClient& client, std::size_t index) {
    peers_.push_back(std::make_unique<Peer>(wire_, iut_, server(index), client.self(),
                                            client.service(), encapsulated_protocol::kUdp));
    return *peers_.back();
}

UdpClient& Stage::open_udp_client(std::optional<std::size_t> home) {
    if (iut_.udp_port == 0) throw NotRunnable("needs ixit.addresses.udp_port, none given");
    const ServerAddresses& server_of = home ? server(*home) : iut_.device;
    const auto port = static_cast<std::uint16_t>(place_.port + udp_clients_.size());
    udp_clients_.push_back(
        std::make_unique<UdpClient>(wire_, iut_, SocketAddress{iut_.clients.front(), port},
                                    SocketAddress{server_of.service.front(), iut_.udp_port}));
    return *udp_clients_.back();
}

ControlChannel& Stage::channel(std::size_t index) {
    if (!place_.has_channels) {
        throw std::logic_error("a case that needs its own control channels shares the device");
    }
    if (channels_.empty()) throw NotRunnable("the device does not claim control-channel");
    static_cast<void>(server(index));
    return *channels_[index];
}

UpperTester& Stage::upper_tester() {
    if (iut_.upper_tester.empty()) throw NotRunnable("needs ixit.upper_tester, none given");
    return upper_tester_;
}

Task<> Stage::cross_links() {
    if (iut_.timers.tolerance > Duration::zero()) co_await sleep(iut_.timers.tolerance);
}

Task<> Stage::expect_alive(const char* when) {
    const Bytes question = to_bytes("shunt-conform: are you there?");
    const std::uint16_t first = ++echo_sequence_;
    const Time begun = wire_.now();
    const Time deadline = begun + iut_.timers.answer;
    Time ask_at = begun;
    for (;;) {
        if (wire_.now() >= ask_at) {
            wire_.send(Link::Front,
                       encode_echo_request(iut_, echo_->identifier(), echo_sequence_++, question));
            ask_at = wire_.now() + kAskAgain;
        }
        const Time until = std::min(ask_at, deadline);
        const std::optional<std::size_t> number = co_await echo_->inbox().next(until);
        if (!number && wire_.now() < deadline) continue;
        if (!number) {
            throw DeviceHangs(fmt::format("no answer to an ICMP echo to {} within {} ms, {}",
                                          iut_.device.service.front().to_string(),
                                          milliseconds_of(iut_.timers.answer), when));
        }
        const IcmpMessage& reply = *wire_.capture()[*number].frame.ipv4->icmp;
        // One of those of this time, whichever.
        const auto nth = static_cast<std::uint16_t>(reply.sequence - first);
        const auto asked = static_cast<std::uint16_t>(echo_sequence_ - first);
        if (nth >= asked || reply.payload != question) continue;
        const Time sent = nth + 1 == asked ? ask_at - kAskAgain : begun;
        // More would be no way but a device that is late, and on purpose perhaps.
        round_trip_ = std::min<Duration>(std::max(round_trip_, wire_.now() - sent), kRoundTripMost);
        co_return;
    }
}

void Stage::check(const char* requirement, const char* what, std::uint64_t expected,
                  std::uint64_t actual, std::size_t frame) {
    if (expected == actual) return;
    findings_.push_back(
        {requirement, fmt::format("{} {}", what, expected), fmt::format("{}", actual), frame});
}

void Stage::check_that(bool is_so, const char* requirement, std::string expected,
                       std::string actual, std::size_t frame) {
    if (is_so) return;
    findings_.push_back({requirement, std::move(expected), std::move(actual), frame});
}

}  // namespace conform
