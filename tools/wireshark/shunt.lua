-- SPDX-License-Identifier: Apache-2.0
-- Wireshark and tshark: the encapsulation of endpoint migration, written from
-- docs/protocol/endpoint.md and security.md alone.
--
--   tshark -X lua_script:tools/wireshark/shunt.lua -r pcaps/move-ext.pcap
--
-- How a frame is recognized:
--   Type 0x88B5 (or the preference's): always.
--   Type 0x0007: Wireshark takes it for an 802.3 length, so that registering by Ethertype does
--     nothing; the entry for Ethernet in the table of link types is replaced, looks at bytes 12-13,
--     and hands everything else to the dissector that was there. An 802.3 frame of length 7 is
--     zero behind its 7 bytes, where an encapsulation header has Dest. IP: that tells them apart.
--   UDP: port 7007 on both sides.
-- Whether a farm has extensions cannot be seen in a frame: preference shunt.extensions.
--
-- The name is shunt, not ipOS: "ipos" is another protocol of Wireshark's.

local shunt = Proto("shunt", "Shunt Endpoint Migration")

shunt.prefs.extensions = Pref.bool("The farm has extensions", true, "FRM-5, FRM-8")
shunt.prefs.ethertype = Pref.uint("EtherType", 0x88B5, "FRM-2; 0x0007 is always recognized")

local HEADER, BLOCK, TRAILER, TRAILER_MAGIC = 16, 140, 40, 0x53484154
local PORT = 7007
local TYPE_OF_THE_FIGURES = 0x0007
local TCP, UDP = 1, 2
local IP_PROTOCOLS = { [TCP] = 6, [UDP] = 17 }
local RANGE, RANGES_MAX = 9, 32

local CONNECTION, FORWARDED, ACKNOWLEDGEMENT = 0x01, 0x02, 0x03
local REJECT, RELEASE, DATA, CHALLENGE, GO, MISSING = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15

local TYPES = {
    [CONNECTION] = "connection", [FORWARDED] = "forwarded packet",
    [ACKNOWLEDGEMENT] = "migration acknowledgement", [REJECT] = "reject",
    [RELEASE] = "release", [DATA] = "endpoint data", [CHALLENGE] = "challenge",
    [GO] = "go", [MISSING] = "missing",
}
local REASONS = { "no listener", "full", "unknown endpoint", "draining", "malformed state",
    "tuple in use", "void" }
local QUEUES = { "send", "receive", "out-of-order", "SACK scoreboard", "fine state",
    "application context" }
local STATES = {
    [4] = "ESTABLISHED", [5] = "CLOSE-WAIT", [6] = "FIN-WAIT-1", [7] = "CLOSING",
    [8] = "LAST-ACK", [9] = "FIN-WAIT-2",
}
local FAULTS = {
    truncated = "fewer than 16 bytes", type = "unknown Type (FRM-8)",
    length = "shorter than Type and Protocol demand, or a wrong length field (FRM-5)",
    checksum = "encapsulation checksum is wrong (FRM-4)",
    protocol = "Protocol is neither TCP nor UDP", payload = "the payload contradicts itself",
    ["inner-header"] = "inner IPv4 header is wrong (FRM-6)",
    ["inner-protocol"] = "inner protocol is not Protocol (FRM-6)",
    ["inner-source"] = "inner source is not the header's (FRM-6, SEC-2)",
    ["inner-destination"] = "inner destination port is not Dest. Port (FRM-6)",
}

local all_fields, F = {}, {}
local function declare(name, label, kind, ...)
    F[name] = ProtoField[kind]("shunt." .. name, label, ...)
    all_fields[#all_fields + 1] = F[name]
end

declare("fault", "Dropped by a receiver", "string")
declare("source_ip", "Source IP (client)", "ipv4")
declare("source_port", "Source Port (client)", "uint16")
declare("destination_ip", "Dest. IP (forward IP)", "ipv4")
declare("destination_port", "Dest. Port (service)", "uint16")
declare("type", "Type", "uint8", base.HEX, TYPES)
declare("protocol", "Protocol", "uint8", base.DEC, { [TCP] = "TCP", [UDP] = "UDP" })
declare("checksum", "Checksum", "uint16", base.HEX)
declare("excess", "Bytes behind the payload", "uint32")
declare("server_ip", "Server IP", "ipv4")
declare("server_port", "Server Port", "uint16")
declare("flow_number", "Flow number", "uint32")
declare("length", "Length", "uint16")
declare("id.service_ip", "Service IP", "ipv4")
declare("id.service_port", "Service port", "uint16")
declare("id.iss", "iss", "uint32")
declare("id.epoch", "Epoch", "uint32")
declare("copy", "Copy", "uint32", base.HEX)
declare("reason", "Reason", "uint16", base.DEC, REASONS)
declare("queue", "Queue", "uint8", base.DEC, QUEUES)
declare("offset", "Offset", "uint32")
declare("bytes", "Bytes", "bytes")
declare("missing.queue", "Queue", "uint8", base.DEC, QUEUES)
declare("missing.offset", "Offset", "uint32")
declare("missing.length", "Length", "uint32")
declare("challenge.kind", "Kind", "uint8", base.DEC, { "challenge", "answer" })
declare("challenge.nonce", "Nonce", "bytes")
declare("challenge.boot_index", "Boot index", "uint64")
declare("trailer.magic", "Magic", "uint32", base.HEX)
declare("trailer.version", "Version", "uint8")
declare("trailer.algorithm", "Algorithm", "uint8", base.DEC,
    { "HMAC-SHA-256 cut to 128 bit", "AES-256-GMAC" })
declare("trailer.key_id", "Key id", "uint16")
declare("trailer.boot_index", "Boot index", "uint64")
declare("trailer.counter", "Counter", "uint64")
declare("trailer.tag", "Tag", "bytes")
for _, entry in ipairs({
    { "total_length", "uint16" }, { "identification", "uint16" }, { "ttl", "uint8" },
    { "protocol", "uint8" }, { "source_ip", "ipv4" }, { "destination_ip", "ipv4" },
    { "fragment_offset", "uint16" }, { "icmp_type", "uint8" }, { "icmp_code", "uint8" },
    { "source_port", "uint16" }, { "destination_port", "uint16" }, { "sequence", "uint32" },
    { "acknowledgment", "uint32" }, { "flags", "uint8", base.HEX },
}) do
    declare("inner." .. entry[1], "Inner " .. entry[1]:gsub("_", " "), entry[2], entry[3])
end

-- The control block: offset, size, name.
local CONTROL_BLOCK = {
    { 0, 4, "ts_val" }, { 4, 4, "epoch" }, { 8, 2, "t_state" },
    { 10, 2, "t_timer_retransmit" }, { 12, 2, "t_timer_persist" },
    { 14, 2, "t_timer_keep_alive" }, { 16, 2, "t_timer_2msl" }, { 18, 2, "t_rxtshift" },
    { 20, 2, "t_rxtcur" }, { 22, 2, "t_dupacks" }, { 24, 2, "t_maxseg" }, { 26, 2, "version" },
    { 28, 2, "t_flags" }, { 30, 2, "ooo_ranges" }, { 32, 4, "snd_queue" },
    { 36, 4, "rcv_queue" }, { 40, 4, "snd_una" }, { 44, 4, "snd_nxt" }, { 48, 4, "snd_up" },
    { 52, 4, "snd_wl1" }, { 56, 4, "snd_wl2" }, { 60, 4, "iss" }, { 64, 4, "snd_wnd" },
    { 68, 4, "rcv_wnd" }, { 72, 4, "rcv_nxt" }, { 76, 4, "rcv_up" }, { 80, 4, "irs" },
    { 84, 4, "rcv_adv" }, { 88, 4, "snd_max" }, { 92, 4, "snd_cwnd" },
    { 96, 4, "snd_ssthresh" }, { 100, 2, "t_idle" }, { 102, 2, "path_mtu" },
    { 104, 4, "recover" }, { 108, 2, "t_srtt" }, { 110, 2, "t_rttvar" }, { 112, 2, "t_rttmin" },
    { 114, 2, "sack_ranges" }, { 116, 4, "max_sndwnd" }, { 120, 4, "ooo_bytes" },
    { 124, 1, "snd_scale" }, { 125, 1, "rcv_scale" }, { 126, 2, "reserved" },
    { 128, 4, "ts_recent" }, { 132, 4, "ts_recent_age" }, { 136, 4, "last_ack_sent" },
}
local KINDS = { "uint8", "uint16", [4] = "uint32" }
for _, entry in ipairs(CONTROL_BLOCK) do
    local kind, name = KINDS[entry[2]], entry[3]
    local states = name == "t_state" and STATES or nil
    declare("tcb." .. name, name, kind, name == "t_flags" and base.HEX or base.DEC, states)
end
local FLAGS = { { 0x0001, "acknow", "ACKNOW" }, { 0x0002, "delack", "DELACK" },
    { 0x0004, "nodelay", "NODELAY" }, { 0x0010, "sentfin", "SENTFIN" },
    { 0x0020, "req_scale", "REQ_SCALE" }, { 0x0040, "rcvd_scale", "RCVD_SCALE" },
    { 0x0080, "req_tstmp", "REQ_TSTMP" }, { 0x0100, "rcvd_tstmp", "RCVD_TSTMP" },
    { 0x0200, "sack_permit", "SACK_PERMIT" }, { 0x0400, "ecn", "ECN" },
    { 0x0800, "ece", "ECE pending" }, { 0x1000, "cwr", "CWR pending" },
    { 0x2000, "fin_ooo", "FIN_OOO" }, { 0x4000, "context", "CONTEXT" },
}
for _, entry in ipairs(FLAGS) do
    declare("tcb.flag." .. entry[2], entry[3], "bool", 16, nil, entry[1])
end
shunt.fields = all_fields

local expert_fault = ProtoExpert.new("shunt.fault.expert", "A receiver drops this frame",
    expert.group.MALFORMED, expert.severity.ERROR)
local expert_checksum = ProtoExpert.new("shunt.checksum.bad", "Bad checksum",
    expert.group.CHECKSUM, expert.severity.ERROR)
local expert_length = ProtoExpert.new("shunt.length.bad", "Bad length",
    expert.group.MALFORMED, expert.severity.ERROR)
shunt.experts = { expert_fault, expert_checksum, expert_length }

-- RFC 1071 over `count` bytes from `from`; 0xFFFF where they hold their own right checksum.
local function ones_complement_sum(buffer, from, count)
    local sum = 0
    for offset = from, from + count - 1 do
        local byte = buffer(offset, 1):uint()
        if (offset - from) % 2 == 0 then byte = byte * 256 end
        sum = sum + byte
    end
    while sum > 0xFFFF do sum = sum % 0x10000 + math.floor(sum / 0x10000) end
    return sum
end

local function counted_is_right(kind, counted)
    if kind == REJECT then return counted == 16 end
    if kind == RELEASE or kind == GO then return counted == 18 end
    if kind == CHALLENGE then return counted == 17 end
    if kind == DATA then return counted >= 20 end
    local ranges = (counted - 14) / RANGE
    return ranges >= 1 and ranges <= RANGES_MAX and ranges == math.floor(ranges)
end

-- The payload's exact length (FRM-5), or nothing if it is not all there.
local function payload_length(buffer, kind, protocol, extensions)
    local there = buffer:len() - HEADER
    local length
    if kind == CONNECTION then
        local flow = extensions and 10 or 6
        if protocol == TCP then length = 6 + BLOCK
        elseif protocol == UDP then length = flow
        elseif there >= 6 + BLOCK then length = 6 + BLOCK
        elseif there >= flow then length = flow
        else length = 6 end
    elseif kind == FORWARDED then
        if there < 20 then return nil end
        length = buffer(HEADER + 2, 2):uint()
    elseif kind == ACKNOWLEDGEMENT then
        length = 0
        if extensions and there >= 20 and buffer(HEADER, 2):uint() == 18 then length = 20 end
    else
        if there < 2 then return nil end
        local counted = buffer(HEADER, 2):uint()
        if not counted_is_right(kind, counted) then return nil end
        length = 2 + counted
    end
    if length > there then return nil end
    return length
end

local function checksum_is_right(buffer, kind, length)
    local header = ones_complement_sum(buffer, 0, HEADER) == 0xFFFF
    if kind == FORWARDED then return header end
    if kind == ACKNOWLEDGEMENT and header then return true end
    return ones_complement_sum(buffer, 0, HEADER + length) == 0xFFFF
end

-- EP-26: an ICMP error is judged by what it quotes, which went from the service to the client.
local function quote_fault(buffer, quote, available)
    if available < 1 then return "inner-header" end
    local first = buffer(quote, 1):uint()
    local size = 4 * (first % 16)
    if math.floor(first / 16) ~= 4 or size < 20 or available < size + 8
        or buffer(quote + 6, 2):uint() % 0x2000 ~= 0 then
        return "inner-header"
    end
    if buffer(quote + 9, 1):uint() ~= IP_PROTOCOLS[buffer(13, 1):uint()] then
        return "inner-protocol"
    end
    if buffer(quote + 16, 4):uint() ~= buffer(0, 4):uint()
        or buffer(quote + size + 2, 2):uint() ~= buffer(4, 2):uint() then
        return "inner-source"
    end
    if buffer(quote + size, 2):uint() ~= buffer(10, 2):uint() then return "inner-destination" end
    return nil
end

local function is_fragment(buffer) return buffer(HEADER + 6, 2):uint() % 0x4000 ~= 0 end

local function claims_fault(buffer, size, length)
    local protocol = buffer(HEADER + 9, 1):uint()
    local transport, there = HEADER + size, length - size
    if protocol == 1 and not is_fragment(buffer) and there >= 8 then
        local kind = buffer(transport, 1):uint()
        if kind == 3 or kind == 11 or kind == 12 then
            return quote_fault(buffer, transport + 8, there - 8)
        end
    end
    if protocol ~= IP_PROTOCOLS[buffer(13, 1):uint()] then return "inner-protocol" end
    if buffer(HEADER + 12, 4):uint() ~= buffer(0, 4):uint() then return "inner-source" end
    if is_fragment(buffer) then return nil end
    if there < 2 or buffer(transport, 2):uint() ~= buffer(4, 2):uint() then
        return "inner-source"
    end
    if there < 4 or buffer(transport + 2, 2):uint() ~= buffer(10, 2):uint() then
        return "inner-destination"
    end
    return nil
end

local function inner_fault(buffer, length)
    local first = buffer(HEADER, 1):uint()
    local size = 4 * (first % 16)
    if length < 20 or math.floor(first / 16) ~= 4 or size < 20 or size > length then
        return "inner-header"
    end
    if ones_complement_sum(buffer, HEADER, size) ~= 0xFFFF then return "inner-header" end
    local fault = claims_fault(buffer, size, length)
    if fault then return fault end
    -- SEC-2, of addresses that no farm need be known for.
    local source = buffer(HEADER + 12, 4):uint()
    local network = math.floor(source / 0x1000000)
    if network == 127 or (network >= 224 and network < 240) or source == 0
        or source == 0xFFFFFFFF or source == buffer(HEADER + 16, 4):uint() then
        return "inner-source"
    end
    return nil
end

local function numbers_fault(buffer, kind, length)
    local known = true
    if kind == REJECT then
        known = REASONS[buffer(HEADER + 16, 2):uint()]
    elseif kind == DATA then
        known = QUEUES[buffer(HEADER + 16, 1):uint()]
    elseif kind == CHALLENGE then
        local challenge = buffer(HEADER + 2, 1):uint()
        known = challenge == 1 or challenge == 2
    elseif kind == MISSING then
        for range = HEADER + 16, HEADER + length - 1, RANGE do
            known = known and QUEUES[buffer(range, 1):uint()]
        end
    elseif kind == CONNECTION then
        known = buffer(HEADER + 4, 2):uint() == buffer(10, 2):uint()
    end
    return not known and "payload" or nil
end

-- FRM-6 as far as a frame shows it: the first fault, and the payload's length if there is one.
local function judge(buffer)
    if buffer:len() < HEADER then return "truncated", nil end
    local kind, protocol = buffer(12, 1):uint(), buffer(13, 1):uint()
    local extensions = shunt.prefs.extensions
    if not TYPES[kind] or (kind >= REJECT and not extensions) then return "type", nil end
    local length = payload_length(buffer, kind, protocol, extensions)
    if not length then return "length", nil end
    if not checksum_is_right(buffer, kind, length) then return "checksum", length end
    if not IP_PROTOCOLS[protocol] then return "protocol", length end
    if kind == FORWARDED then return inner_fault(buffer, length), length end
    return numbers_fault(buffer, kind, length), length
end

local function add_header(tree, buffer)
    tree:add(F.source_ip, buffer(0, 4))
    tree:add(F.source_port, buffer(4, 2))
    tree:add(F.destination_ip, buffer(6, 4))
    tree:add(F.destination_port, buffer(10, 2))
    tree:add(F.type, buffer(12, 1))
    tree:add(F.protocol, buffer(13, 1))
    tree:add(F.checksum, buffer(14, 2))
end

local function add_block(tree, block)
    local branch = tree:add(shunt, block, "TCP control block")
    for _, entry in ipairs(CONTROL_BLOCK) do
        local range = block(entry[1], entry[2])
        local item = branch:add(F["tcb." .. entry[3]], range)
        if entry[3] == "t_flags" then
            for _, flag in ipairs(FLAGS) do item:add(F["tcb.flag." .. flag[2]], range) end
        end
    end
end

local function add_identified(tree, payload)
    tree:add(F.length, payload(0, 2))
    tree:add(F["id.service_ip"], payload(2, 4))
    tree:add(F["id.service_port"], payload(6, 2))
    tree:add(F["id.iss"], payload(8, 4))
    tree:add(F["id.epoch"], payload(12, 4))
end

local function add_inner(tree, packet, pinfo)
    tree:add(F["inner.total_length"], packet(2, 2))
    tree:add(F["inner.identification"], packet(4, 2))
    tree:add(F["inner.ttl"], packet(8, 1))
    tree:add(F["inner.protocol"], packet(9, 1))
    tree:add(F["inner.source_ip"], packet(12, 4))
    tree:add(F["inner.destination_ip"], packet(16, 4))
    local size, protocol = 4 * (packet(0, 1):uint() % 16), packet(9, 1):uint()
    local fragment = packet(6, 2):uint() % 0x4000
    if fragment ~= 0 then
        tree:add(F["inner.fragment_offset"], packet(6, 2), 8 * (fragment % 0x2000))
    elseif protocol == 1 then
        tree:add(F["inner.icmp_type"], packet(size, 1))
        tree:add(F["inner.icmp_code"], packet(size + 1, 1))
    else
        tree:add(F["inner.source_port"], packet(size, 2))
        tree:add(F["inner.destination_port"], packet(size + 2, 2))
        if protocol == 6 and packet:len() >= size + 20 then
            tree:add(F["inner.sequence"], packet(size + 4, 4))
            tree:add(F["inner.acknowledgment"], packet(size + 8, 4))
            tree:add(F["inner.flags"], packet(size + 13, 1))
        end
    end
    -- What the client sends may be malformed to its own dissector, which is no error of ours.
    local is_whole = pcall(Dissector.call, Dissector.get("ip"), packet:tvb(), pinfo, tree)
    if not is_whole then tree:append_text(" [inner packet malformed]") end
end

local ADD = {
    [CONNECTION] = function(tree, payload)
        tree:add(F.server_ip, payload(0, 4))
        tree:add(F.server_port, payload(4, 2))
        if payload:len() == 10 then tree:add(F.flow_number, payload(6, 4)) end
        if payload:len() == 6 + BLOCK then add_block(tree, payload(6, BLOCK)) end
    end,
    [FORWARDED] = add_inner,
    [REJECT] = function(tree, payload)
        add_identified(tree, payload)
        tree:add(F.reason, payload(16, 2))
    end,
    [DATA] = function(tree, payload)
        add_identified(tree, payload)
        tree:add(F.queue, payload(16, 1))
        tree:add(F.offset, payload(18, 4))
        if payload:len() > 22 then tree:add(F.bytes, payload(22)) end
    end,
    [CHALLENGE] = function(tree, payload)
        tree:add(F.length, payload(0, 2))
        tree:add(F["challenge.kind"], payload(2, 1))
        tree:add(F["challenge.nonce"], payload(3, 8))
        tree:add(F["challenge.boot_index"], payload(11, 8))
    end,
    [MISSING] = function(tree, payload)
        add_identified(tree, payload)
        for range = 16, payload:len() - 1, RANGE do
            tree:add(F["missing.queue"], payload(range, 1))
            tree:add(F["missing.offset"], payload(range + 1, 4))
            tree:add(F["missing.length"], payload(range + 5, 4))
        end
    end,
}
ADD[ACKNOWLEDGEMENT] = function(tree, payload)
    add_identified(tree, payload)
    tree:add(F.copy, payload(16, 4))
end
ADD[RELEASE] = ADD[ACKNOWLEDGEMENT]
ADD[GO] = ADD[ACKNOWLEDGEMENT]

local function add_trailer(tree, trailer)
    local branch = tree:add(shunt, trailer, "Authentication trailer")
    local offset = 0
    for _, entry in ipairs({
        { 4, "magic" }, { 1, "version" }, { 1, "algorithm" }, { 2, "key_id" },
        { 8, "boot_index" }, { 8, "counter" }, { 16, "tag" },
    }) do
        branch:add(F["trailer." .. entry[2]], trailer(offset, entry[1]))
        offset = offset + entry[1]
    end
end

-- What is behind the payload: trailer, padding.
local function add_rest(tree, buffer, from)
    local there = buffer:len() - from
    if there >= TRAILER and buffer(from, 4):uint() == TRAILER_MAGIC then
        add_trailer(tree, buffer(from, TRAILER))
    end
    tree:add(F.excess, there):set_generated()
end

local function add_fault(tree, fault)
    local item = tree:add(F.fault, fault)
    item:set_generated()
    local info = expert_fault
    if fault == "checksum" then info = expert_checksum end
    if fault == "length" or fault == "truncated" then info = expert_length end
    item:add_proto_expert_info(info, FAULTS[fault])
end

function shunt.dissector(buffer, pinfo, root)
    pinfo.cols.protocol = "SHUNT"
    local tree = root:add(shunt, buffer())
    local fault, length = judge(buffer)
    if fault then add_fault(tree, fault) end
    if fault == "truncated" then
        pinfo.cols.info = FAULTS[fault]
        return buffer:len()
    end
    local kind = buffer(12, 1):uint()
    local name = TYPES[kind] or string.format("unknown Type 0x%02x", kind)
    tree:append_text(", " .. name)
    add_header(tree, buffer)
    if length and not fault then
        if length > 0 then ADD[kind](tree, buffer(HEADER, length), pinfo) end
        add_rest(tree, buffer, HEADER + length)
    end
    pinfo.cols.protocol = "SHUNT"
    pinfo.cols.info = string.format("%s %s:%u > %s:%u%s", name, tostring(buffer(0, 4):ipv4()),
        buffer(4, 2):uint(), tostring(buffer(6, 4):ipv4()), buffer(10, 2):uint(),
        fault and (" [dropped: " .. fault .. "]") or "")
    return buffer:len()
end

local ethernet_dissector = DissectorTable.get("wtap_encap"):get_dissector(wtap.ETHERNET)
local frame_proto = Proto("shunt_frame", "Shunt on Type 0x0007")
frame_proto.fields.destination = ProtoField.ether("shunt_frame.destination", "Destination")
frame_proto.fields.source = ProtoField.ether("shunt_frame.source", "Source")
frame_proto.fields.type = ProtoField.uint16("shunt_frame.type", "Type", base.HEX)

local function is_of_the_figures(buffer)
    if buffer:len() < 14 or buffer(12, 2):uint() ~= TYPE_OF_THE_FIGURES then return false end
    for offset = 21, math.min(29, buffer:len() - 1) do
        if buffer(offset, 1):uint() ~= 0 then return true end
    end
    return false
end

function frame_proto.dissector(buffer, pinfo, root)
    if not is_of_the_figures(buffer) then
        return ethernet_dissector:call(buffer, pinfo, root)
    end
    pinfo.cols.dst = tostring(buffer(0, 6):ether())
    pinfo.cols.src = tostring(buffer(6, 6):ether())
    local tree = root:add(frame_proto, buffer(0, 14), "Ethernet II, Type 0x0007")
    tree:add(frame_proto.fields.destination, buffer(0, 6))
    tree:add(frame_proto.fields.source, buffer(6, 6))
    tree:add(frame_proto.fields.type, buffer(12, 2))
    return 14 + shunt.dissector(buffer(14):tvb(), pinfo, root)
end

-- UDP: port 7007 on one side is how Wireshark finds us; on both is how the page defines it.
local routed = Proto("shunt_routed", "Shunt in UDP")
function routed.dissector(buffer, pinfo, root)
    if pinfo.src_port ~= PORT or pinfo.dst_port ~= PORT then return 0 end
    return shunt.dissector(buffer, pinfo, root)
end

-- Control channels (docs/protocol/system.md): frames one behind the other in a stream of port 7007.
local control = Proto("shunt_control", "Shunt Control Channel")
local CONTROL_HEADER, CONTROL_LENGTH_MIN, CONTROL_LENGTH_MAX = 16, 12, 16 * 1024 * 1024
local CONTROL_KINDS = {
    [0x01] = "hello", [0x02] = "ping", [0x03] = "pong", [0x04] = "challenge", [0x0F] = "error",
    [0x10] = "blob", [0x11] = "blob ack", [0x12] = "blob reject", [0x13] = "flow closed",
    [0x14] = "flow unknown", [0x15] = "commit", [0x16] = "ICMP about a moved connection",
    [0x20] = "handoff request", [0x21] = "handoff ack", [0x22] = "handoff reject",
    [0x23] = "handoff termination", [0x30] = "server state", [0x31] = "session",
    [0x40] = "object create", [0x41] = "object created", [0x42] = "object call",
    [0x43] = "object result", [0x44] = "object release",
}
local ERRORS = { "unknown kind", "body not understood", "not ready" }
local C, control_fields = {}, {}
for _, entry in ipairs({
    { "fault", "Closes the channel", "string" },
    { "control.length", "Length", "uint32" },
    { "control.kind", "Kind", "uint8", base.HEX, CONTROL_KINDS },
    { "control.flags", "Flags", "uint16", base.HEX },
    { "control.transaction", "Transaction", "uint64" },
    { "control.body", "Body", "string" },
    { "hello.server", "Server id", "uint32" }, { "hello.boot", "Boot number", "uint64" },
    { "hello.profiles", "Profiles", "uint32", base.HEX }, { "hello.name", "Name", "string" },
    { "error.code", "Code", "uint16", base.DEC, ERRORS }, { "error.text", "Text", "string" },
    { "state.server", "Server id", "uint32" }, { "state.connections", "Connections", "uint32" },
    { "state.cpu_per_mille", "CPU per mille", "uint16" },
    { "state.memory", "Unused memory, bytes", "uint64" },
    { "state.bandwidth", "Unused bandwidth, bit/s", "uint64" },
    { "state.listening", "Listening socket, process", "string" },
    { "state.applications", "Process, memory, CPU per mille", "string" },
}) do
    C[entry[1]] = ProtoField[entry[3]]("shunt." .. entry[1], entry[2], entry[4], entry[5])
    control_fields[#control_fields + 1] = C[entry[1]]
end
control.fields = control_fields
local expert_format = ProtoExpert.new("shunt.control.format", "No control frame begins like this",
    expert.group.MALFORMED, expert.severity.ERROR)
control.experts = { expert_format }

-- Printable ASCII, and a dot for any other byte.
local function shown(body, from)
    local text = ""
    for offset = from, body:len() - 1 do
        local byte = body(offset, 1):uint()
        text = text .. ((byte >= 0x20 and byte <= 0x7E) and string.char(byte) or ".")
    end
    return text
end

local function add_hello(tree, body)
    if body:len() < 17 or body:len() ~= 17 + body(16, 1):uint() then return end
    tree:add(C["hello.server"], body(0, 4))
    tree:add(C["hello.boot"], body(4, 8))
    tree:add(C["hello.profiles"], body(12, 4))
    tree:add(C["hello.name"], body(16), shown(body, 17))
end

local function add_error(tree, body)
    if body:len() < 4 or body:len() ~= 4 + body(2, 2):uint() then return end
    tree:add(C["error.code"], body(0, 2))
    tree:add(C["error.text"], body(2), shown(body, 4))
end

local function add_state(tree, body)
    if body:len() < 30 then return end
    local listening = 28
    local applications = listening + 10 * body(26, 2):uint()
    if body:len() < applications + 2 then return end
    local rows = body(applications, 2):uint()
    if body:len() ~= applications + 2 + 14 * rows then return end
    tree:add(C["state.server"], body(0, 4))
    tree:add(C["state.connections"], body(4, 4))
    tree:add(C["state.cpu_per_mille"], body(8, 2))
    tree:add(C["state.memory"], body(10, 8))
    tree:add(C["state.bandwidth"], body(18, 8))
    for at = listening, applications - 1, 10 do
        tree:add(C["state.listening"], body(at, 10), string.format("%s:%u %u",
            tostring(body(at, 4):ipv4()), body(at + 4, 2):uint(), body(at + 6, 4):uint()))
    end
    for at = applications + 2, body:len() - 1, 14 do
        tree:add(C["state.applications"], body(at, 14), string.format("%u %s %u",
            body(at, 4):uint(), tostring(body(at + 4, 8):uint64()), body(at + 12, 2):uint()))
    end
end

local ADD_BODY = { [0x01] = add_hello, [0x0F] = add_error, [0x30] = add_state }

-- False where the flags announce a trailer that has no room.
local function add_control_frame(tree, frame, pinfo)
    local kind, flags = frame(5, 1):uint(), frame(6, 2):uint()
    local size = frame:len() - CONTROL_HEADER - (flags % 2 == 1 and TRAILER or 0)
    if size < 0 then return false end
    tree:add(C["control.length"], frame(0, 4))
    tree:add(C["control.kind"], frame(5, 1))
    tree:add(C["control.flags"], frame(6, 2))
    tree:add(C["control.transaction"], frame(8, 8))
    local hex = size > 0 and tostring(frame(CONTROL_HEADER, size):bytes()):lower() or ""
    tree:add(C["control.body"], frame, hex)
    if size > 0 and ADD_BODY[kind] then ADD_BODY[kind](tree, frame(CONTROL_HEADER, size)) end
    if size ~= frame:len() - CONTROL_HEADER then
        add_trailer(tree, frame(CONTROL_HEADER + size, TRAILER))
    end
    pinfo.cols.info:append(" " .. (CONTROL_KINDS[kind] or string.format("kind 0x%02x", kind)))
    return true
end

-- The frame that broke a direction of a stream; nothing behind it is one (CTL-5).
local broken = {}

local function break_format(tree, pinfo, direction)
    if not broken[direction] then broken[direction] = pinfo.number end
    tree:add(C.fault, "format"):set_generated()
    tree:add_proto_expert_info(expert_format)
end

function control.dissector(buffer, pinfo, root)
    if pinfo.src_port ~= PORT and pinfo.dst_port ~= PORT then return 0 end
    local direction = string.format("%s:%u>%s:%u", tostring(pinfo.src), pinfo.src_port,
        tostring(pinfo.dst), pinfo.dst_port)
    if broken[direction] and pinfo.number > broken[direction] then return 0 end
    pinfo.cols.protocol = "SHUNT"
    local tree, offset = nil, 0
    while offset < buffer:len() do
        local there = buffer:len() - offset
        if there < 4 then
            pinfo.desegment_offset, pinfo.desegment_len = offset, DESEGMENT_ONE_MORE_SEGMENT
            return buffer:len()
        end
        local length = buffer(offset, 4):uint()
        local is_broken = length < CONTROL_LENGTH_MIN or length > CONTROL_LENGTH_MAX
            or (there > 4 and buffer(offset + 4, 1):uint() ~= 1)
        if not is_broken and there < 4 + length then
            -- A version that is not there yet may be wrong: no waiting for the whole length.
            local missing = there == 4 and DESEGMENT_ONE_MORE_SEGMENT or 4 + length - there
            pinfo.desegment_offset, pinfo.desegment_len = offset, missing
            return buffer:len()
        end
        tree = tree or root:add(control, buffer(offset))
        if is_broken or not add_control_frame(tree, buffer(offset, 4 + length), pinfo) then
            break_format(tree, pinfo, direction)
            return buffer:len()
        end
        offset = offset + 4 + length
    end
    return buffer:len()
end

DissectorTable.get("tcp.port"):add(PORT, control)

DissectorTable.get("wtap_encap"):add(wtap.ETHERNET, frame_proto)
DissectorTable.get("udp.port"):add(PORT, routed)

local registered
local function register()
    local types = DissectorTable.get("ethertype")
    if registered then types:remove(registered, shunt) end
    registered = shunt.prefs.ethertype
    types:add(registered, shunt)
end
shunt.prefs_changed = register
register()
