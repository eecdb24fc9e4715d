// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/directory_contents.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::app {
namespace {

namespace fs = std::filesystem;

class DirectoryContentsTest : public ::testing::Test {
  protected:
    DirectoryContentsTest() {
        std::string pattern = (fs::temp_directory_path() / "shunt-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        fs::create_directories(folder_ / "www" / "sub");
        write("www/a.txt", "content of a");
        write("www/sub/index.html", "index");
        write("outside.txt", "secret");
        contents_ = std::move(*DirectoryContents::open((folder_ / "www").string()));
    }
    ~DirectoryContentsTest() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& content) {
        std::ofstream(folder_ / name) << content;
    }
    std::string read(std::string_view path, std::uint64_t offset, std::size_t count) {
        std::string text(count, '?');
        const MutableBytes into(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
        text.resize(contents_->read(path, offset, into));
        return text;
    }

    fs::path folder_;
    std::unique_ptr<DirectoryContents> contents_;
};

TEST_F(DirectoryContentsTest, ReadsFilesAtAnyOffset) {
    EXPECT_EQ(contents_->size_of("/a.txt"), 12U);
    EXPECT_EQ(read("/a.txt", 0, 7), "content");
    EXPECT_EQ(read("/a.txt", 11, 7), "a");
    EXPECT_EQ(read("/a.txt", 12, 7), "");
    EXPECT_EQ(read("/a.txt", ~std::uint64_t{0}, 7), "");
    EXPECT_EQ(contents_->size_of("/sub/"), 5U);
    EXPECT_EQ(read("/sub/", 0, 10), "index");
}

TEST_F(DirectoryContentsTest, SeesAFileThatWasReplaced) {
    EXPECT_EQ(contents_->size_of("/a.txt"), 12U);
    write("www/new", "new");
    fs::rename(folder_ / "www/new", folder_ / "www/a.txt");
    EXPECT_EQ(contents_->size_of("/a.txt"), 3U);
    EXPECT_EQ(read("/a.txt", 0, 10), "new");
}

TEST_F(DirectoryContentsTest, AVersionIsWhenAFileWasWritten) {
    const fs::path copy = folder_ / "www/copy";
    write("www/copy", "copy");
    fs::last_write_time(copy, fs::last_write_time(folder_ / "www/a.txt"));
    EXPECT_EQ(contents_->version_of("/copy"), contents_->version_of("/a.txt"));
    fs::last_write_time(copy, fs::last_write_time(copy) + std::chrono::seconds(2));
    EXPECT_EQ(contents_->version_of("/copy"), contents_->version_of("/a.txt") + 2);
    EXPECT_EQ(contents_->version_of("/absent"), 0U);
}

TEST_F(DirectoryContentsTest, NeverLeavesItsDirectory) {
    EXPECT_FALSE(contents_->size_of("/../outside.txt"));
    EXPECT_FALSE(contents_->size_of("/sub/../../outside.txt"));
    EXPECT_FALSE(contents_->size_of("../outside.txt"));
    EXPECT_FALSE(contents_->size_of((folder_ / "outside.txt").string()));
    EXPECT_EQ(read("/../outside.txt", 0, 10), "");
    fs::create_symlink("../outside.txt", folder_ / "www/out");
    EXPECT_FALSE(contents_->size_of("/out"));
    fs::create_symlink(folder_ / "outside.txt", folder_ / "www/absolute");
    EXPECT_FALSE(contents_->size_of("/absolute"));
    fs::create_symlink("a.txt", folder_ / "www/inside");
    EXPECT_EQ(contents_->size_of("/inside"), 12U);
}

TEST_F(DirectoryContentsTest, ServesRegularFilesOnly) {
    EXPECT_FALSE(contents_->size_of("/sub"));
    EXPECT_FALSE(contents_->size_of("/absent"));
    EXPECT_FALSE(contents_->size_of(""));
    EXPECT_FALSE(contents_->size_of("a.txt"));
    EXPECT_FALSE(contents_->size_of(std::string_view("/a.txt\0x", 8)));
    ASSERT_EQ(mkfifo((folder_ / "www/fifo").c_str(), 0600), 0);
    EXPECT_FALSE(contents_->size_of("/fifo"));
}

TEST_F(DirectoryContentsTest, BoundsThePathAndTheOpenFiles) {
    std::string path = "/a.txt";
    while (path.size() < DirectoryContents::kPathMax)
        path.insert(0, path.size() + 2 <= DirectoryContents::kPathMax ? "/." : "/");
    EXPECT_EQ(contents_->size_of(path), 12U);
    EXPECT_FALSE(contents_->size_of("/" + path));
    for (std::size_t index = 0; index < 2 * DirectoryContents::kOpenMax; ++index) {
        const std::string name = "f" + std::to_string(index);
        write("www/" + name, name);
        EXPECT_EQ(contents_->size_of("/" + name), name.size());
    }
    EXPECT_EQ(read("/f0", 0, 10), "f0");
    const auto open_files = std::distance(fs::directory_iterator("/proc/self/fd"), {});
    EXPECT_LT(open_files, static_cast<std::ptrdiff_t>(DirectoryContents::kOpenMax) + 20);
}

TEST(DirectoryContents, SaysWhyADirectoryCannotBeServed) {
    const auto contents = DirectoryContents::open("/nonexistent");
    ASSERT_FALSE(contents);
    EXPECT_EQ(contents.error().text, "directory /nonexistent: No such file or directory");
}

}  // namespace
}  // namespace shunt::app
