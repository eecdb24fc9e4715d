// SPDX-License-Identifier: Apache-2.0
// The bodies of control kinds 0x40 to 0x44: objects of named classes, made and called on another
// server (OBJ-1, OBJ-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"

namespace shunt::wire {

/// The longest arguments, call or result, in bytes; more is a body that is not understood.
inline constexpr std::size_t kObjectBytesMax = 512 * 1'024;
/// The longest class name, in bytes.
inline constexpr std::size_t kClassNameMax = 255;

enum class ObjectStatus : std::uint16_t {
    Ok = 0,
    UnknownClass = 1,  // of 0x41
    NotHosted = 2,     // of 0x41: the server makes no object now
    Gone = 3,          // of 0x43: there is no such object of that asker
    Failed = 4         // 0x41: the class has refused the arguments; 0x43: the call
};

struct ObjectCreateBody {
    std::string_view class_name;  // 1 to kClassNameMax bytes; of a parsed body a view on it
    ByteView arguments;

    /// Fails unless the body is as long as it says, has a name, and keeps to the limits.
    static Result<ObjectCreateBody, Counter> parse(ByteView body);
    std::size_t size() const { return 1 + class_name.size() + 4 + arguments.size(); }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;
};

struct ObjectCreatedBody {
    static constexpr std::size_t kSize = 10;
    std::uint64_t handle = 0;  // with ObjectStatus::Ok; else 0, and ignored
    ObjectStatus status = ObjectStatus::Ok;

    /// Fails at another length or a status that 0x41 has not.
    static Result<ObjectCreatedBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    void write_to(MutableBytes bytes) const;
};

struct ObjectCallBody {
    std::uint64_t handle = 0;
    ByteView bytes;

    /// Fails unless the body is as long as it says and keeps to the limit.
    static Result<ObjectCallBody, Counter> parse(ByteView body);
    std::size_t size() const { return 12 + bytes.size(); }
    void write_to(MutableBytes body) const;
};

struct ObjectResultBody {
    ObjectStatus status = ObjectStatus::Ok;
    /// Of another status than Ok a sentence that says why, UTF-8, or nothing.
    ByteView bytes;

    /// Fails unless the body is as long as it says, keeps to the limit, and has a status of 0x43.
    static Result<ObjectResultBody, Counter> parse(ByteView body);
    std::size_t size() const { return 6 + bytes.size(); }
    void write_to(MutableBytes body) const;
};

struct ObjectReleaseBody {
    static constexpr std::size_t kSize = 8;
    std::uint64_t handle = 0;

    static Result<ObjectReleaseBody, Counter> parse(ByteView body);
    std::size_t size() const { return kSize; }
    void write_to(MutableBytes bytes) const;
};

}  // namespace shunt::wire
