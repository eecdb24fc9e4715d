// SPDX-License-Identifier: Apache-2.0
// One server of a farm: its two links, its connection tables, its TCP and its applications, as
// one state machine. Frames and the time go in; frames and the next deadline come out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/ready_queue.hh"
#include "shunt/base/result.hh"
#include "shunt/base/rng.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/local_load.hh"
#include "shunt/farm/placements.hh"
#include "shunt/farm/selection.hh"
#include "shunt/farm/url_map.hh"
#include "shunt/ip/path_mtu.hh"
#include "shunt/ip/token_bucket.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/migrate/blob/exchange.hh"
#include "shunt/migrate/connection_tables.hh"
#include "shunt/migrate/endpoint/home_side.hh"
#include "shunt/migrate/endpoint/target_side.hh"
#include "shunt/migrate/farm_link.hh"
#include "shunt/migrate/flow/flows.hh"
#include "shunt/migrate/offers.hh"
#include "shunt/node/applications.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/drain_report.hh"
#include "shunt/node/link_mtus.hh"
#include "shunt/node/move_call.hh"
#include "shunt/node/objects.hh"
#include "shunt/node/request_peek.hh"
#include "shunt/node/sessions.hh"
#include "shunt/node/shedding.hh"
#include "shunt/node/streams.hh"
#include "shunt/node/tables_snapshot.hh"
#include "shunt/node/warm_endpoints.hh"
#include "shunt/stack/interface.hh"
#include "shunt/tcp/backlog.hh"
#include "shunt/tcp/listener.hh"

namespace shunt::node {

class Node {
  public:
    /// `config` is validated and, like `contents`, outlives the node. `seed` is all its chance.
    /// `clock_offset` is the wall clock at the origin of `now`: what the farm's members agree on
    /// the time by, to the minute (TCP-8).
    Node(const farm::FarmConfig& config, farm::ServerId self, Contents& contents,
         std::uint64_t seed, Instant now, LinkMtus mtus = {}, Duration clock_offset = {});

    void handle_frame(link::LinkId link, Packet frame, Instant now);
    void handle_deadline(Instant now);
    /// The next frame to send; call until there is none.
    std::optional<link::OutgoingFrame> poll_transmit(Instant now);
    std::optional<Instant> poll_deadline() const;
    /// When a move of a connection went on last, so that its next frame may be on the way.
    Instant last_exchange() const { return farm_link_.last_exchange(); }

    /// Moves an endpoint to the named server: from its home, or from its owner back to its home
    /// (docs/interfaces.md, verb migrate; EP-45, EP-47).
    Result<MoveStarted, ApiFailure> migrate(const wire::ConnectionTuple& tuple,
                                            std::string_view to_server, Instant now);

    /// From now on the server takes no connection from another, gives new ones to others where it
    /// can, and moves those that it has away, until it is told to stop (EP-43).
    void start_drain();
    void stop_drain();
    bool is_draining() const { return shedding_.is_draining(); }
    DrainReport drain_report() const;

    /// Of named classes, here and on other servers; create_object() chooses by server state.
    Objects& objects() { return objects_; }
    Result<farm::ObjectTicket, farm::ObjectTrouble> create_object(farm::ObjectWish wish,
                                                                  Instant now);

    /// What happened to connections of applications outside of the node; call until nothing has.
    std::optional<StreamReport> poll_stream_event() { return streams_.poll_event(); }
    /// The listener that the stream came by; null if there is no such stream.
    const farm::Listen* stream_listen(StreamId id) const;
    /// The front of what the client has sent, valid until the next call; empty: it sends no more.
    Result<ByteView, stack::ApiError> stream_readable(StreamId id);
    /// Takes `count` bytes of it, which opens the client's window.
    Result<std::size_t, stack::ApiError> stream_consume(StreamId id, std::size_t count,
                                                        Instant now);
    /// Bytes that stream_send() takes now. 0: StreamEvent::Writable will come.
    Result<std::size_t, stack::ApiError> stream_room(StreamId id);
    /// Returns how many bytes it took.
    Result<std::size_t, stack::ApiError> stream_send(StreamId id, ByteView bytes, Instant now);
    /// FIN behind what was sent. Reading goes on.
    std::optional<stack::ApiError> stream_finish(StreamId id, Instant now);
    /// Lets go of it: what is not over in both directions, and read to its end, is reset.
    std::optional<stack::ApiError> stream_release(StreamId id, Instant now);

    const Counters& counters() const { return counters_; }
    /// What the machine says of itself, about each second; told to the other servers (SEL-6).
    void set_load(const farm::LocalLoad& load);

    TablesSnapshot tables() const;
    ServerStateRow server_state() const;
    /// The rows of every server that has told its state lately, this one's among them.
    std::vector<ServerRows> server_states(Instant now) const;
    /// Of sessions, its own and those of others (SES-4); null where the farm keeps none.
    const Sessions* sessions() const { return sessions_ ? &*sessions_ : nullptr; }
    /// The farm's members and the control channels to them.
    std::vector<MemberRow> members() const;
    const farm::Server& self() const { return self_; }

    /// Connections that this node owns: for checkers. A Temporary one that is migrating counts.
    const migrate::ConnectionTables& connection_tables() const { return tables_; }
    const migrate::FlowTable& flow_table() const { return flows_.table(); }
    /// What its connections keep to.
    const tcp::Config& tcp_config() const { return tcp_config_; }

  private:
    using Slot = migrate::Slot;

    // front_packets.cc: what clients send
    void handle_front_packet(Packet packet, Instant now);
    void refuse_at_front(const wire::Ipv4View& ip, Instant now);
    void handle_client_segment(Packet packet, const wire::ConnectionTuple& tuple, Instant now);
    void handle_pieces(Packet packet, const wire::ConnectionTuple& tuple, Instant now);
    bool is_too_long_to_forward(std::size_t most, const Packet& packet, Instant now);
    void handle_undecided(Slot slot, Packet packet, Instant now);

    // datagrams.cc: UDP
    void handle_datagram(Packet packet, Instant now);
    void open_flow(const wire::ConnectionTuple& tuple, Packet packet, Instant now);
    void serve_datagrams(Instant now);
    void serve_datagram(const migrate::FlowDelivery& delivery, Instant now);
    Result<MoveStarted, ApiFailure> migrate_flow(const wire::ConnectionTuple& tuple,
                                                 farm::ServerId target, Instant now);

    // icmp_packets.cc
    void handle_icmp(Packet packet, Instant now);
    void handle_flow_error(Packet packet, const wire::ConnectionTuple& tuple, Instant now);
    void refuse_datagram(const wire::Ipv4View& ip, Instant now);
    void refuse_protocol(const wire::Ipv4View& ip, Instant now);

    // handshakes.cc: what no record is about
    void open_connection(const wire::ConnectionTuple& tuple, const wire::TcpView& syn, Instant now);
    void answer_with_cookie(const wire::ConnectionTuple& tuple, const wire::TcpView& syn,
                            Instant now);
    [[nodiscard]] bool open_by_cookie(Packet& packet, const wire::ConnectionTuple& tuple,
                                      const wire::TcpView& segment, Instant now);
    void replace_connection(Slot slot, const wire::TcpView& syn, Instant now);
    Slot place_undecided(const wire::ConnectionTuple& tuple, tcp::Connection connection,
                         std::optional<tcp::Backlog::Place> place, Instant now);
    void answer_stray(const wire::ConnectionTuple& tuple, const wire::TcpView& segment,
                      Instant now);

    // back_packets.cc: what the farm sends
    void handle_back_frame(Packet frame, Instant now);
    void handle_encapsulated(migrate::EncapsulatedFrame frame, Instant now);
    std::optional<Slot> handle_about_own(const migrate::EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_about_others(const migrate::EncapsulatedFrame& frame, Instant now);
    void handle_rewritten(wire::MacAddress station, Packet packet, Instant now);
    void hear_moves(Instant now);
    void settle_answered(Slot slot, std::optional<wire::RejectReason> refused, Instant now);

    // returned_packets.cc
    void handle_forwarded(migrate::EncapsulatedFrame frame, Instant now);
    void handle_received(migrate::endpoint::ForwardedPackets::Received received, Instant now);
    void handle_returned_packet(Packet packet, const wire::ConnectionTuple& tuple, Instant now);

    // control_traffic.cc: the control channels
    [[nodiscard]] bool handle_control_packet(const Packet& packet, Instant now);
    void handle_channel_deadline(Instant now);
    std::optional<Instant> channel_deadline() const;
    void stop_where_cut_off(Instant now);
    void hear_of_peers(Instant now);
    void abandon_owner(farm::ServerId owner);
    void drop_moved_in_from(farm::ServerId home);
    void for_each_moved_in_from(farm::ServerId home, const std::function<void(Slot)>& act);
    /// The server itself is left to HomeSide to refuse.
    bool may_offer_to(farm::ServerId server) const;
    std::uint32_t own_connections() const;
    wire::ServerLoad own_load() const;
    farm::ServerState own_state() const;
    std::optional<Instant> next_state() const;
    void tell_state(Instant now);

    // shed_connections.cc: what leaves by itself
    void shed_connections(Instant now);
    std::optional<Instant> shedding_deadline() const;
    void weigh_load(Instant now);
    std::size_t unlooked_connections() const;
    bool is_bound(Slot slot) const;
    std::optional<Slot> next_unlooked(int& looks, Instant now);
    void send_away(Slot slot, Instant now);
    bool may_take(const farm::Placements::Server& server) const;
    std::optional<farm::Placements::Server> server_with_room(Slot slot, Instant now) const;
    std::optional<farm::Placements::Server> home_with_room(Slot slot, farm::ServerId home,
                                                           Instant now) const;
    void follow_departure(Slot slot, Instant now);
    void note_answer(Slot slot, std::optional<wire::RejectReason> refused, Instant now);

    // object_calls.cc
    std::vector<farm::ServerId> object_servers(Instant now) const;
    void serve_objects(Instant now);

    // candidates.cc
    std::vector<farm::Candidate> candidates_for(std::uint16_t port,
                                                wire::TransportProtocol protocol,
                                                Instant now) const;
    bool is_candidate(farm::ServerId server, std::uint16_t port, Instant now) const;

    // decisions.cc: who serves an unbound endpoint
    void decide(Slot slot, bool must_decide, Instant now);
    std::optional<farm::SelectionMoment> moment_of_selection(const migrate::Record& record,
                                                             Instant now) const;
    farm::Decision select(farm::SelectionInput said, const wire::ConnectionTuple& tuple,
                          Instant now) const;
    std::optional<farm::SelectionInput> hear_client(const PeekedRequest& request, bool must_decide,
                                                    Instant now) const;
    void try_candidates(Slot slot, Instant now);
    void bind_locally(Slot slot, Instant now);
    void go_on(Slot slot, Instant now);
    std::optional<Instant> decision_deadline(const migrate::TemporaryEndpoint& endpoint) const;
    const farm::Listen* listen_for(const migrate::Record& record) const;
    std::unique_ptr<stack::Conversation> make_conversation(Slot slot, const farm::Listen& listen);

    /// Hands a segment to a connection. False: it was dropped, and that is counted.
    bool give(tcp::Connection& connection, const wire::TcpView& segment, Instant now);

    // stream_calls.cc
    tcp::Connection* connection_of(const Streams::Stream& stream);
    Result<tcp::Connection*, stack::ApiError> writable_connection(StreamId id);

    // endpoints.cc: one endpoint after it has changed
    void settle(Slot slot, Instant now);
    void settle_moved_in(Slot slot, Instant now);
    void settle_progressed(Instant now);
    static void keep_alive(tcp::Connection& connection, const farm::Listen& listen, Instant now);
    static stack::Conversation* conversation_of(const migrate::Record& record);
    void keep_warm(Slot slot);
    void pass_on(Slot slot, Instant now);
    void handle_record_deadline(Slot slot, Instant now);
    void handle_temporary_deadline(Slot slot, Instant now);
    std::optional<Instant> record_deadline(const migrate::Record& record) const;
    void bury(Slot slot, Instant now);
    void erase(Slot slot);
    bool transmit_from(Slot slot, Instant now);

    Result<wire::MigrationId, const char*> begin_move(Slot slot, farm::ServerId to, Instant now);

    const farm::FarmConfig& config_;
    const farm::Server& self_;
    Contents& contents_;
    const farm::UrlMap urls_;
    const tcp::Config tcp_config_;
    Rng rng_;
    Counters counters_;
    PacketPool pool_;
    stack::Interface front_;
    stack::Interface back_;
    ip::PathMtuCache path_mtus_;
    ip::TokenBucket front_resets_;
    migrate::FarmLink farm_link_;
    /// With the extensions alone (docs/protocol/system.md, "Control channel").
    std::optional<farm::ControlChannels> channels_;
    farm::LocalLoad load_;
    bool has_news_ = false;  // of `load_`, not told yet
    std::uint32_t told_connections_ = 0;
    Instant last_state_;
    // Before the tables, whose endpoints hold places of them and report to them.
    std::optional<Sessions> sessions_;  // where the farm keeps any
    migrate::HeldBudget held_budget_;
    Streams streams_;
    tcp::Backlog backlog_;
    std::optional<migrate::blob::Carrier> blobs_;  // of its flows the tables' records hold leases
    migrate::ConnectionTables tables_;
    migrate::Offers offers_;
    BuiltInApplications applications_;
    migrate::endpoint::Context context_;
    migrate::endpoint::Exchange exchange_;
    migrate::endpoint::HomeSide home_;
    migrate::endpoint::TargetSide target_;
    std::optional<migrate::blob::Exchange> blob_exchange_;
    migrate::Flows flows_;
    tcp::Listener listener_;
    DeadlineHeap deadlines_;
    ReadyQueue ready_;
    WarmEndpoints warm_;
    Shedding shedding_;
    farm::Placements placements_;
    SheddingTurns turns_;
    Objects objects_;
};

}  // namespace shunt::node
