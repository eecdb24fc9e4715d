// SPDX-License-Identifier: Apache-2.0
#include "blob/blob_oracle.hh"

#include <algorithm>

#include "shunt/wire/control_block.hh"

namespace shunt::fuzz {
namespace {

std::uint64_t number(ByteView bytes, std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value = value * 256 + bytes[offset + i];
    return value;
}

/// Cuts what lies between header and CRC; false if it is not just `count` sections.
bool cut_sections(ByteView bytes, std::uint64_t count, std::vector<JudgedSection>& sections) {
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (at + 8 > bytes.size()) return false;
        const std::uint64_t length = number(bytes, at + 4, 4);
        if (at + 8 + length > bytes.size()) return false;
        sections.push_back({static_cast<unsigned>(number(bytes, at, 2)),
                            static_cast<unsigned>(number(bytes, at + 2, 2)),
                            bytes.subspan(at + 8, length)});
        at += 8 + length;
    }
    return at == bytes.size();
}

bool has_possible_length(const JudgedSection& section) {
    const std::size_t size = section.content.size();
    switch (section.kind) {
        case 1:
            return size == 20;
        case 2:
            return size == 140;
        case 3:
            return size == 6;
        case 6:
            return size >= 5;
        case 8:
            return size % 8 == 0;
        case 9:
            return size >= 1;
        default:
            return true;
    }
}

bool are_sections_right(const std::vector<JudgedSection>& sections) {
    if (sections.size() < 3) return false;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const unsigned kind = sections[i].kind;
        const bool is_first = i < 3;
        if (is_first ? kind != i + 1 : kind >= 1 && kind <= 3) return false;
        if (!has_possible_length(sections[i])) return false;
        const auto is_same = [kind](const JudgedSection& other) { return other.kind == kind; };
        const bool is_repeated = std::count_if(sections.begin(), sections.end(), is_same) > 1;
        if (is_repeated && kind >= 1 && kind <= 9 && kind != 6) return false;
    }
    return true;
}

std::uint64_t bytes_of(const std::vector<JudgedSection>& sections, unsigned kind,
                       std::size_t head = 0) {
    std::uint64_t size = 0;
    for (const JudgedSection& section : sections)
        if (section.kind == kind) size += section.content.size() - head;
    return size;
}

bool are_queues_right(const std::vector<JudgedSection>& sections, const wire::ControlBlock& block) {
    const auto count_of = [&sections](unsigned kind) {
        return std::count_if(sections.begin(), sections.end(),
                             [kind](const JudgedSection& section) { return section.kind == kind; });
    };
    const bool has_context = block.has(wire::BlockFlag::Context);
    return bytes_of(sections, 4) == block.receive_queue &&
           bytes_of(sections, 5) == block.send_queue &&
           bytes_of(sections, 6, 4) == block.out_of_order_bytes &&
           count_of(6) == block.out_of_order_ranges && count_of(7) == (has_context ? 1 : 0) &&
           bytes_of(sections, 8) == std::uint64_t{block.sack_ranges} * 8;
}

}  // namespace

std::uint32_t plain_crc32c(ByteView bytes) {
    std::uint32_t rest = 0xFFFF'FFFF;
    for (const std::uint8_t byte : bytes) {
        rest ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            rest = (rest >> 1) ^ ((rest & 1U) != 0 ? 0x82F6'3B78U : 0U);
    }
    return ~rest;
}

bool BlobVerdict::is_in_normal_form() const {
    unsigned last = 0;
    for (const JudgedSection& section : sections) {
        if (section.kind < last || section.kind > 9 || section.flags != 0) return false;
        last = section.kind;
        const bool may_be_empty = section.kind == 7;
        if (section.content.empty() && !may_be_empty) return false;
        if (section.kind != 9) continue;
        const bool is_cubic = section.content[0] == 2 && section.content.size() == 21;
        if (!is_cubic && section.content.size() != 1) return false;
    }
    return true;
}

BlobVerdict judge_blob(ByteView bytes) {
    BlobVerdict verdict;
    const auto refused = [&verdict](Counter counter) {
        verdict.refused = counter;
        return verdict;
    };
    if (bytes.size() < 12) return refused(Counter::DropBlobFormat);
    if (number(bytes, 0, 6) != 0x5348'424C'0001) return refused(Counter::DropBlobFormat);
    const ByteView covered = bytes.first(bytes.size() - 4);
    if (plain_crc32c(covered) != number(bytes, covered.size(), 4)) {
        return refused(Counter::DropBlobChecksum);
    }
    const bool is_cut = cut_sections(covered.subspan(8), number(bytes, 6, 2), verdict.sections);
    if (!is_cut || !are_sections_right(verdict.sections)) return refused(Counter::DropBlobSections);
    const ByteView mapping = verdict.sections[0].content;
    if (number(mapping, 0, 2) == 0 || number(mapping, 2, 2) == 0) {
        return refused(Counter::DropBlobMapping);
    }
    const auto block = wire::ControlBlock::load(verdict.sections[1].content, 0).validate();
    if (!block) return refused(Counter::DropBlobBlock);
    if (!are_queues_right(verdict.sections, *block)) return refused(Counter::DropBlobQueues);
    return verdict;
}

}  // namespace shunt::fuzz
