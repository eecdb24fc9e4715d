// SPDX-License-Identifier: Apache-2.0
/// The fuzzer without a device: what it draws, what it makes of it, and what it keeps.
#include <gtest/gtest.h>

#include <set>

#include "app/fuzz_bench.hh"
#include "fuzzing/block_fault.hh"
#include "fuzzing/fate.hh"
#include "fuzzing/minimize.hh"
#include "fuzzing/promoted_case.hh"
#include "pdu/build.hh"
#include "pdu/reception.hh"
#include "plan.hh"

namespace conform::fuzzing {
namespace {

using Kind = Mutation::Kind;
using tests::standard_iut;

constexpr std::uint64_t kSeed = 7;
constexpr std::uint64_t kCases = 5'000;

constexpr FuzzFarm kBase{false, true, true, false};
constexpr FuzzFarm kExt{true, true, true, true};

Mutation mutation(std::string_view text, EncapsulationType type) {
    return parse_mutation(text, {.type = type, .has_extensions = true});
}

/// A connection that the first peer's client has, and its frames.
struct Scene {
    Iut iut = standard_iut(true);
    Situation situation = make_situation();

    Situation make_situation() const {
        const SocketAddress service{iut.peers.front().service.front(), 80};
        return {
            SubjectState::Released, {iut.clients.front(), 4711}, service, {service, 1'000, 1}, 77};
    }
    Bytes frame(EncapsulationType type, Bytes payload) const {
        Encapsulation header;
        header.source = situation.client;
        header.destination = {iut.device.forward_ip.front(), situation.service.port};
        header.type = static_cast<std::uint8_t>(type);
        header.payload = std::move(payload);
        return encode_ethernet(iut.device.back_mac, iut.peers.front().back_mac,
                               iut.framing.ethertype, encode_encapsulation(header));
    }
    Bytes forwarded() const {
        TcpSegment segment;
        segment.source = situation.client;
        segment.destination = situation.service;
        segment.flags = tcp_flag::kAck;
        segment.timestamps = TcpTimestamps{1, 2};
        segment.payload = to_bytes("GET / HTTP/1.1\r\n\r\n");
        return frame(EncapsulationType::Forwarded, encode_tcp_packet(segment));
    }
    Bytes connection() const {
        return frame(EncapsulationType::Connection,
                     encode(ConnectionInformation{situation.service, block()}));
    }
    Bytes go(std::uint32_t copy) const {
        return frame(EncapsulationType::Go, encode(IdentifiedCopy{situation.id, copy}));
    }
    ControlBlock block() const {
        ControlBlock block;
        block.t_state = block_state::kEstablished;
        block.t_maxseg = 1'400;
        block.iss = 1'000;
        block.epoch = 1;
        block.snd_una = block.snd_nxt = block.snd_max = 1'001;
        block.rcv_nxt = 5'001;
        block.rcv_adv = 5'001 + 65'535;
        return block;
    }
    Fate fate_behind(EncapsulationType type, Bytes bytes, std::string_view text,
                     const Repairs& repairs = {}) const {
        apply(mutation(text, type), {.type = type, .has_extensions = true}, iut, bytes);
        repair(repairs, true, bytes);
        return fate_of(bytes, situation, iut);
    }
};

constexpr Repairs kAll{true, true, true};
constexpr auto kForwarded = EncapsulationType::Forwarded;

TEST(DrawTest, IsAPureFunctionOfSeedAndIndex) {
    for (const FuzzFarm& farm : {kBase, kExt}) {
        std::vector<FuzzCase> forwards;
        for (std::uint64_t index = 0; index < kCases; ++index)
            forwards.push_back(draw_case(kSeed, index, farm));
        for (std::uint64_t index = kCases; index > 0; --index)
            ASSERT_EQ(forwards[index - 1], draw_case(kSeed, index - 1, farm));
    }
    EXPECT_NE(draw_case(kSeed, 1, kExt), draw_case(kSeed, 2, kExt));
    EXPECT_NE(draw_case(kSeed, 1, kExt), draw_case(kSeed + 1, 1, kExt));
}

TEST(DrawTest, ReachesEveryStateTypeAndField) {
    for (const FuzzFarm& farm : {kBase, kExt}) {
        std::set<std::pair<SubjectState, std::string_view>> pairs;
        std::set<std::pair<FrameForm, std::string>> fields;
        for (std::uint64_t index = 0; index < 6 * kCases; ++index) {
            const FuzzCase fuzz = draw_case(kSeed, index, farm);
            for (const Stimulus& stimulus : fuzz.stimuli) {
                pairs.insert({fuzz.state, name_of(stimulus)});
                for (const Mutation& each : stimulus.mutations)
                    fields.insert({form_of(stimulus, fuzz.state, farm.has_extensions), each.field});
            }
        }
        const std::size_t kinds = farm.has_channels ? control_kinds().size() : 0;
        const std::size_t types = types_of(farm.has_extensions).size();
        EXPECT_EQ(states_of(farm).size(), farm.has_extensions ? 10U : 7U);
        EXPECT_EQ(pairs.size(), states_of(farm).size() * types + kinds);
        std::set<FrameForm> forms;
        for (const auto& [form, field] : fields)
            forms.insert(form);
        EXPECT_EQ(forms.size(), 2 * types + kinds);
        for (const FrameForm& form : forms) {
            for (const WireField& field : wire_fields(form)) {
                const bool is_sender = field.name == "source-mac";
                EXPECT_TRUE(is_sender || fields.contains({form, field.name}))
                    << form.to_string() << " " << field.name;
            }
        }
    }
}

TEST(DrawTest, LeavesOutWhatAFarmHasNot) {
    const FuzzFarm poor{true, false, false, false};
    for (std::uint64_t index = 0; index < kCases; ++index) {
        const SubjectState state = draw_case(kSeed, index, poor).state;
        ASSERT_FALSE(is_flow(state) || is_given_back(state) || state == SubjectState::Channel);
    }
}

TEST(MutationTest, IsReadAsItIsWritten) {
    for (std::uint64_t index = 0; index < kCases; ++index) {
        const FuzzCase fuzz = draw_case(kSeed, index, kExt);
        for (const Stimulus& stimulus : fuzz.stimuli) {
            for (const Mutation& each : stimulus.mutations)
                ASSERT_EQ(parse_mutation(each.to_string(), form_of(stimulus, fuzz.state, true)),
                          each)
                    << each.to_string();
        }
    }
}

TEST(MutationTest, RefusesWhatIsNone) {
    for (const char* text :
         {"", "set", "set type", "set typo 1", "set type one", "set type -1", "set type 1 2",
          "cut -1", "cut 9001", "pad 1", "address dest-ip mars", "sender mars", "nest x",
          "flip 0x 1", "set type 0x100", "flip 3 0x100", "pad 1 256", "set dest-ip 0x100000000"}) {
        EXPECT_THROW(mutation(text, kForwarded), MutationError) << text;
    }
    for (const char* text : {"cut 9000", "set type 0xff", "flip 3 0xff", "pad 1 255"})
        EXPECT_NO_THROW(mutation(text, kForwarded)) << text;
}

TEST(MutationTest, ChangesTheFieldThatItNames) {
    const Scene scene;
    std::size_t fields = 0;
    ControlBlock named;
    visit_fields(named, [&](std::size_t, const char* name, auto& member) {
        Bytes frame = scene.connection();
        apply(mutation(std::string("set tcb.") + name + " 0x5a", EncapsulationType::Connection),
              {.type = EncapsulationType::Connection}, scene.iut, frame);
        ControlBlock wanted = scene.block();
        visit_fields(wanted, [&](std::size_t, const char* other, auto& value) {
            if (std::string_view(other) == name)
                value = static_cast<std::remove_reference_t<decltype(value)>>(0x5A);
        });
        const auto read = parse_connection_information(ByteView(frame).subspan(30));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->block, wanted) << name;
        member = 0;
        ++fields;
    });
    EXPECT_EQ(fields, 46U);
}

TEST(MutationTest, LeavesAloneWhatACutHasTaken) {
    const Scene scene;
    Bytes frame = scene.forwarded();
    for (const char* text :
         {"cut 0", "set type 1", "add checksum 1", "flip 0 1", "nest 2", "address dest-ip zero"})
        apply(mutation(text, kForwarded), {.type = kForwarded, .has_extensions = true}, scene.iut,
              frame);
    repair(kAll, true, frame);
    EXPECT_EQ(frame.size(), kEthernetHeaderSize);
}

TEST(MutationTest, RepairsMakeAFrameRightAgain) {
    const Scene scene;
    for (const char* text : {"add ip.id 1", "add tcp.window 1", "add ip.tos 1"}) {
        Bytes frame = scene.forwarded();
        const Bytes right = frame;
        apply(mutation(text, kForwarded), {.type = kForwarded, .has_extensions = true}, scene.iut,
              frame);
        EXPECT_EQ(fate_of(frame, scene.situation, scene.iut).kind, Fate::Kind::Dropped) << text;
        repair(kAll, true, frame);
        EXPECT_EQ(fate_of(frame, scene.situation, scene.iut).kind, Fate::Kind::Open) << text;
        EXPECT_NE(frame, right);
    }
}

TEST(FateTest, IsWhatFrm6Says) {
    const Scene scene;
    const auto dropped = [&](std::string_view text, const Repairs& repairs,
                             std::string_view requirement) {
        const Fate fate = scene.fate_behind(kForwarded, scene.forwarded(), text, repairs);
        EXPECT_EQ(fate.kind, Fate::Kind::Dropped) << text << ": " << fate.why;
        EXPECT_EQ(fate.requirement, requirement) << text;
        EXPECT_TRUE(fate.is_void);
    };
    EXPECT_EQ(fate_of(scene.forwarded(), scene.situation, scene.iut).kind, Fate::Kind::Open);
    dropped("sender stranger", {}, "SEC-1");
    dropped("set ether-type 0x86dd", {}, "FRM-2");
    dropped("cut 15", {}, "FRM-6");
    dropped("add checksum 1", {}, "FRM-4");
    dropped("set type 0x77", kAll, "FRM-8");
    dropped("set protocol 2", kAll, "FRM-6");
    dropped("address dest-ip device.service", kAll, "FRM-6");
    dropped("address ip.source peer.control", kAll, "FRM-6");
    dropped("address ip.destination nobody", kAll, "SEC-2");
    dropped("add tcp.sequence 1", {false, true, true}, "TCP-1");
    dropped("sender member", {}, "SEC-2");
    dropped("nest 1", kAll, "FRM-6");
}

TEST(FateTest, OfMessagesIsTheirIds) {
    Scene scene;
    const auto kind_of = [&](const Bytes& frame) {
        return fate_of(frame, scene.situation, scene.iut).kind;
    };
    EXPECT_EQ(kind_of(scene.go(77)), Fate::Kind::Harmless);
    scene.situation.state = SubjectState::Offered;
    EXPECT_EQ(kind_of(scene.go(77)), Fate::Kind::Open);
    EXPECT_EQ(kind_of(scene.go(78)), Fate::Kind::Harmless);
    const Bytes of_this_attempt = scene.go(77);
    ++scene.situation.id.epoch;
    EXPECT_EQ(kind_of(of_this_attempt), Fate::Kind::Harmless);
    EXPECT_EQ(kind_of(scene.go(77)), Fate::Kind::Open);
}

TEST(FateTest, OfWhatGoesBackIsOfBothIds) {
    Scene scene;
    const auto fate = [&](EncapsulationType type, Bytes payload) {
        return fate_of(scene.frame(type, std::move(payload)), scene.situation, scene.iut);
    };
    scene.situation.state = SubjectState::Returning;
    scene.situation.earlier = scene.situation.id;
    ++scene.situation.id.epoch;
    const IdentifiedCopy here{*scene.situation.earlier, 77};
    const IdentifiedCopy back{scene.situation.id, 78};
    const auto of = [&](EncapsulationType type, const IdentifiedCopy& copy) {
        return fate(type, encode(copy)).kind;
    };
    EXPECT_EQ(of(EncapsulationType::Acknowledgement, back), Fate::Kind::Open);
    EXPECT_EQ(of(EncapsulationType::Acknowledgement, here), Fate::Kind::Harmless);
    EXPECT_EQ(of(EncapsulationType::Go, here), Fate::Kind::Harmless) << "EP-13";
    EXPECT_EQ(of(EncapsulationType::Release, here), Fate::Kind::Open) << "EP-16";
    const auto of_another_port = [&](const IdentifiedCopy& copy) {
        return scene
            .fate_behind(EncapsulationType::Release,
                         scene.frame(EncapsulationType::Release, encode(copy)), "add dest-port 1",
                         kAll)
            .kind;
    };
    EXPECT_EQ(of_another_port(here), Fate::Kind::Open) << "no rule says which of both counts";
    EXPECT_EQ(of_another_port({{back.id.service, 9, 9}, 77}), Fate::Kind::Harmless);
    EXPECT_EQ(fate(EncapsulationType::Reject, encode(Rejection{here.id, 2})).kind,
              Fate::Kind::Harmless);
    EXPECT_EQ(fate(EncapsulationType::Reject, encode(Rejection{back.id, 2})).kind,
              Fate::Kind::Open);
    scene.situation.state = SubjectState::Returned;
    EXPECT_EQ(of(EncapsulationType::Acknowledgement, back), Fate::Kind::Harmless);
    EXPECT_EQ(fate_of(scene.forwarded(), scene.situation, scene.iut).requirement,
              std::string("EP-27"));
}

TEST(FateTest, OfFlowsIsTheirDatagrams) {
    Scene scene;
    scene.situation.state = SubjectState::FlowHere;
    scene.situation.id = {scene.situation.service, 0, 5};
    const UdpDatagram datagram{scene.situation.client, scene.situation.service, to_bytes("text")};
    const auto fate = [&](std::string_view text, const Repairs& repairs) {
        Encapsulation header;
        header.source = scene.situation.client;
        header.destination = {scene.iut.device.forward_ip.front(), scene.situation.service.port};
        header.type = static_cast<std::uint8_t>(EncapsulationType::Forwarded);
        header.protocol = encapsulated_protocol::kUdp;
        header.payload = encode_udp_packet(datagram);
        Bytes frame = encode_ethernet(scene.iut.device.back_mac, scene.iut.peers.front().back_mac,
                                      scene.iut.framing.ethertype, encode_encapsulation(header));
        const FrameForm form{kForwarded, true, true};
        apply(parse_mutation(text, form), form, scene.iut, frame);
        repair(repairs, true, frame);
        return fate_of(frame, scene.situation, scene.iut);
    };
    EXPECT_EQ(fate("add ip.id 1", kAll).kind, Fate::Kind::Open);
    EXPECT_EQ(fate("add udp.checksum 1", {}).requirement, std::string("EP-51"));
    EXPECT_EQ(fate("set udp.checksum 0", {}).kind, Fate::Kind::Open) << "RFC 768: none";
    EXPECT_EQ(fate("add udp.length 1", kAll).kind, Fate::Kind::Open);
    EXPECT_EQ(fate("add udp.destination-port 1", kAll).kind, Fate::Kind::Dropped);
    EXPECT_EQ(fate("set protocol 1", kAll).kind, Fate::Kind::Dropped);
    scene.situation.state = SubjectState::FlowAway;
    EXPECT_EQ(fate("add ip.id 1", kAll).kind, Fate::Kind::Harmless);
}

TEST(FateTest, OfConnectionsIsTheirState) {
    Scene scene;
    const auto fate = [&](std::string_view text) {
        return scene.fate_behind(EncapsulationType::Connection, scene.connection(), text, kAll);
    };
    EXPECT_EQ(fate("add tcb.epoch 1").kind, Fate::Kind::Harmless);
    scene.situation.state = SubjectState::Absent;
    EXPECT_EQ(fate("add tcb.epoch 1").kind, Fate::Kind::Open);
    EXPECT_EQ(fate("add tcb.snd_nxt 1").requirement, std::string("TCB-1"));
    EXPECT_TRUE(fate("set tcb.t_state 3").is_void);
    EXPECT_EQ(fate("sender member").requirement, std::string("SEC-12"));
}

TEST(BlockFaultTest, IsFoundAtEachBound) {
    const auto has_fault = [](auto change) {
        ControlBlock block = Scene().block();
        change(block);
        return find_block_fault(block).has_value();
    };
    EXPECT_FALSE(has_fault([](ControlBlock&) {}));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.rcv_adv = b.rcv_nxt + (1U << 30); }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.rcv_adv = b.rcv_nxt + (1U << 30) + 1; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.rcv_adv = b.rcv_nxt - 1; }));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.snd_max = b.snd_una + (b.snd_queue = 9); }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.snd_max = b.snd_una + 1; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.snd_nxt = b.snd_una - 1; }));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.t_state = 9; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.t_state = 10; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.t_state = 3; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.snd_scale = 1; }));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.t_flags = 0x60, b.snd_scale = 14; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.t_flags = 0x60, b.snd_scale = 15; }));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.ooo_ranges = 2, b.ooo_bytes = 2; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.ooo_ranges = 3, b.ooo_bytes = 2; }));
    EXPECT_TRUE(has_fault([](ControlBlock& b) { b.t_maxseg = 0; }));
    EXPECT_FALSE(has_fault([](ControlBlock& b) { b.version = 0, b.t_state = 99; }));
}

/// Contains what the finding needs, whatever else.
bool has_mutation(const FuzzCase& fuzz, const Mutation& wanted) {
    for (const Stimulus& stimulus : fuzz.stimuli) {
        for (const Mutation& each : stimulus.mutations) {
            if (each.kind == wanted.kind && each.field == wanted.field) return true;
        }
    }
    return false;
}

TEST(MinimizeTest, LeavesWhatIsNeededAlone) {
    std::size_t tried = 0;
    for (std::uint64_t index = 0; index < kCases; ++index) {
        const FuzzCase fuzz = draw_case(kSeed, index, kExt);
        if (fuzz.stimuli.back().mutations.empty()) continue;
        const Mutation needed = fuzz.stimuli.back().mutations.back();
        const FuzzCase small =
            minimized(fuzz, [&](const FuzzCase& each) { return has_mutation(each, needed); });
        ASSERT_EQ(small.stimuli.size(), 1U) << describe(fuzz);
        EXPECT_EQ(small.stimuli.front().mutations.size(), 1U);
        EXPECT_EQ(small.stimuli.front().times, 1U);
        EXPECT_EQ(small.stimuli.front().repairs, Repairs{});
        EXPECT_TRUE(has_mutation(small, needed));
        ++tried;
    }
    EXPECT_GT(tried, kCases / 2);
}

TEST(MinimizeTest, AsksNoMoreThanItMay) {
    std::size_t asked = 0;
    const auto count = [&asked](const FuzzCase&) {
        ++asked;
        return false;
    };
    const FuzzCase fuzz = draw_case(kSeed, 3, kExt);
    EXPECT_EQ(minimized(fuzz, count, 3), fuzz);
    EXPECT_LE(asked, 3U);
}

PromotedCase sample(std::uint64_t index) {
    PromotedCase promoted;
    promoted.name = "released-go-1";
    promoted.claim = "Nothing for \"s2\"\nafter this.";
    promoted.requirements = {"FRM-4", "SEC-3"};
    promoted.needs = "ext";
    promoted.signature = "FRM-4: expected nothing";
    promoted.origin = "shunt-conform fuzz --only 1 -- 'a b'";
    promoted.is_long = index % 2 == 0;
    promoted.fuzz = draw_case(kSeed, index, kExt);
    return promoted;
}

TEST(SignatureTest, OfAnEndIsTheSameEachTime) {
    const auto signature = [](const std::string& output) {
        return reason_signature("the device ended with exit code 5: " + output);
    };
    const std::string end = "the device ended with exit code 5";
    EXPECT_EQ(signature("2026-11-22T21:54:51.9 info: a tester has connected\n"), end);
    EXPECT_EQ(signature("21:54:51.9 info: hello\nnode: x.cc:17: f: Assertion `a < 3' failed.\n"),
              end + ": node: x.cc:N: f: Assertion `a < N' failed.");
    EXPECT_EQ(reason_signature("the device ended by signal 11 (Segmentation fault)"),
              "the device ended by signal N (Segmentation fault)");
    EXPECT_EQ(reason_signature("the device has hung up after 17 ms"),
              "the device has hung up after N ms");
}

TEST(PromotedCaseTest, IsReadAsItIsWritten) {
    for (std::uint64_t index = 0; index < 200; ++index) {
        const PromotedCase promoted = sample(index);
        EXPECT_EQ(parse_promoted_case(to_toml(promoted), promoted.name), promoted)
            << to_toml(promoted);
    }
}

std::string complaint_about(const std::string& text, const std::string& name = "a") {
    try {
        parse_promoted_case(text, name);
    } catch (const PromotedCaseError& error) {
        return error.what();
    }
    return {};
}

TEST(PromotedCaseTest, OfTheChannelIsCalledSo) {
    PromotedCase promoted = sample(0);
    promoted.fuzz = draw_case(kSeed, 8 * kCasesOfASort, kExt);
    ASSERT_EQ(promoted.fuzz.state, SubjectState::Channel);
    EXPECT_NE(complaint_about(to_toml(promoted)).find("channel-NAME.toml"), std::string::npos);
    promoted.name = "channel-1";
    EXPECT_EQ(parse_promoted_case(to_toml(promoted), promoted.name), promoted);
    const std::string head = "claim = \"x\"\nrequirements = [\"CTL-5\"]\nstate = \"channel\"\n";
    EXPECT_NE(complaint_about(head + "[[frame]]\ntype = \"go\"\n", "channel-2").find("ping"),
              std::string::npos);
    EXPECT_NE(complaint_about(head + "[[frame]]\ntype = \"ping\"\nmutations = [\"nest 1\"]\n",
                              "channel-2")
                  .find("is in no frame"),
              std::string::npos);
}

TEST(PromotedCaseTest, NamesTheLineThatIsWrong) {
    const std::string head = "claim = \"x\"\nrequirements = [\"FRM-4\"]\nstate = \"released\"\n";
    const std::string frame = "[[frame]]\ntype = \"go\"\n";
    EXPECT_EQ(complaint_about(head + frame), "");
    EXPECT_NE(complaint_about(head + frame, "../a").find("a name of"), std::string::npos);
    EXPECT_NE(complaint_about(head + "stat = 1\n" + frame).find("a.toml:4: stat: expected one of"),
              std::string::npos);
    EXPECT_NE(complaint_about(head).find("1 to 16 [[frame]]"), std::string::npos);
    EXPECT_NE(complaint_about(head + frame + "times = 0\n").find("a.toml:6: frame.times"),
              std::string::npos);
    EXPECT_NE(complaint_about(head + frame + "mutations = [\"set nix 1\"]\n").find("no field nix"),
              std::string::npos);
    EXPECT_NE(complaint_about(head + frame + "checksums = [\"all\"]\n").find("got all"),
              std::string::npos);
    EXPECT_NE(complaint_about("claim = \n").find("a.toml:1"), std::string::npos);
    EXPECT_NE(complaint_about("claim = \"x\"\nrequirements = [\"FRM-99\"]\n").find("FRM-99"),
              std::string::npos);
}

}  // namespace
}  // namespace conform::fuzzing
