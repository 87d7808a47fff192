// What open() refuses, and with which words.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

void expect_refused(const std::string& path, errc code, std::string_view words,
                    const std::string& as = installation) {
    const auto l = ledger::open(path, as);
    ASSERT_FALSE(l) << path << " was opened";
    EXPECT_EQ(to_string(l.error().code), to_string(code)) << l.error().message;
    EXPECT_NE(l.error().message.find(words), std::string::npos) << l.error().message;
    EXPECT_NE(l.error().message.find(path), std::string::npos) << l.error().message;
}

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::fstream f(path, std::ios::binary | std::ios::in | std::ios::out);
    f.seekp(static_cast<std::streamoff>(offset));
    f << bytes;
}

void run_sql(const std::string& path, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    ASSERT_EQ(sqlite3_close(db), SQLITE_OK);
}

// A closed ledger with one job.
void create(const std::string& path) {
    const std::vector<record> records{accept(1)};
    ASSERT_TRUE(ok(open(path)->commit(records)));
}

TEST(ledger_open, names_a_missing_directory) {
    const directory dir;
    expect_refused(dir / "none/l", errc::io, "none does not exist; create it first");
    EXPECT_FALSE(std::filesystem::exists(dir / "none"));
}

TEST(ledger_open, refuses_empty_names) {
    const directory dir;
    EXPECT_EQ(ledger::open("", installation).error().code, errc::invalid_argument);
    EXPECT_EQ(ledger::open(dir / "l", "").error().code, errc::invalid_argument);
    EXPECT_FALSE(std::filesystem::exists(dir / "l"));
}

TEST(ledger_open, takes_special_names_as_files) {
    const directory dir;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(dir.path());
    create(":memory:");
    create("file:x?mode=memory");
    std::filesystem::current_path(before);
    EXPECT_TRUE(std::filesystem::exists(dir / ":memory:"));
    EXPECT_TRUE(std::filesystem::exists(dir / "file:x?mode=memory"));
}

TEST(ledger_open, refuses_another_installation) {
    const directory dir;
    create(dir / "l");
    expect_refused(dir / "l", errc::invalid_argument,
                   "belongs to installation \"test-installation\", not \"other\"", "other");
    EXPECT_EQ(open(dir / "l")->load()->size(), 1U);
}

TEST(ledger_open, refuses_a_newer_schema) {
    const directory dir;
    create(dir / "l");
    run_sql(dir / "l", "UPDATE meta SET value='3' WHERE key='schema'");
    expect_refused(dir / "l", errc::invalid_argument,
                   "has schema 3, this program knows up to 2; run the newer");
    run_sql(dir / "l", "UPDATE meta SET value='junk' WHERE key='schema'");
    expect_refused(dir / "l", errc::corrupt, "no valid schema version");
}

TEST(ledger_open, leaves_another_programs_database_alone) {
    const directory dir;
    run_sql(dir / "l", "CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    const std::string before = contents(dir / "l");
    expect_refused(dir / "l", errc::invalid_argument, "another program's SQLite database");
    EXPECT_EQ(contents(dir / "l"), before);
}

TEST(ledger_open, refuses_a_damaged_header) {
    const directory dir;
    create(dir / "l");
    overwrite(dir / "l", 0, std::string(100, 'x'));
    expect_refused(dir / "l", errc::corrupt, "is not a ledger, or its first page is damaged");
    std::ofstream(dir / "text") << std::string(5'000, 'x');
    expect_refused(dir / "text", errc::corrupt, "is not a ledger, or its first page is damaged");
}

TEST(ledger_open, a_damaged_page_stops_the_ledger_when_it_is_met) {
    const directory dir;
    create(dir / "l");
    const auto size = std::filesystem::file_size(dir / "l");
    for (std::size_t page = 1; page < size / 4096; ++page)
        overwrite(dir / "l", page * 4096, std::string(4096, '\x7f'));
    auto l = ledger::open(dir / "l", installation);
    const error e = l ? (*l)->load().error() : l.error();
    EXPECT_EQ(to_string(e.code), to_string(errc::corrupt)) << e.message;
    EXPECT_NE(e.message.find("is damaged"), std::string::npos) << e.message;
}

TEST(ledger_open, values_that_were_never_written_are_corruption) {
    for (const char* change :
         {"UPDATE jobs SET state='odd'", "UPDATE jobs SET demand='[[1]]'", "UPDATE jobs SET pools='{'",
          "UPDATE jobs SET attempt=99999999999", "UPDATE jobs SET id=-4"}) {
        const directory dir;
        create(dir / "l");
        run_sql(dir / "l", change);
        const auto l = open(dir / "l");
        const auto jobs = l->load();
        ASSERT_FALSE(jobs) << change;
        EXPECT_EQ(jobs.error().code, errc::corrupt);
        EXPECT_EQ(l->commit({}).error().message, jobs.error().message) << "it must stop";
    }
    for (const char* change :
         {"UPDATE transitions SET prev=seq", "UPDATE transitions SET job=77", "DELETE FROM transitions"}) {
        const directory dir;
        create(dir / "l");
        run_sql(dir / "l", change);
        const auto history = open(dir / "l")->history(1);
        ASSERT_FALSE(history) << change;
        EXPECT_EQ(history.error().code, errc::corrupt);
    }
}

TEST(ledger_open, does_not_start_afresh_beside_an_orphaned_wal) {
    const directory dir;
    std::ofstream(dir / "l-wal") << "frames of a ledger that was moved away";
    expect_refused(dir / "l", errc::corrupt, "put the ledger back");
    std::ofstream(dir / "l") << "";
    expect_refused(dir / "l", errc::corrupt, "put the ledger back");
    EXPECT_EQ(std::filesystem::file_size(dir / "l"), 0U);
}

TEST(ledger_open, an_empty_file_becomes_a_ledger) {  // a crash between creating the file and its tables
    const directory dir;
    std::ofstream(dir / "l") << "";
    create(dir / "l");
    EXPECT_EQ(open(dir / "l")->load()->size(), 1U);
}

TEST(ledger_open, refuses_a_directory_and_an_unwritable_file) {
    const directory dir;
    std::filesystem::create_directory(dir / "d");
    expect_refused(dir / "d", errc::io, "start again");
    if (geteuid() == 0) return;  // root writes whatever the mode says
    create(dir / "l");
    std::filesystem::permissions(dir / "l", std::filesystem::perms::owner_read);
    expect_refused(dir / "l", errc::io, "permissions");
}

TEST(ledger_open, a_second_connection_of_this_process_is_refused) {
    const directory dir;
    const auto l = open(dir / "l");
    expect_refused(dir / "l", errc::already_exists, "is in use by another process");
    const std::vector<record> records{accept(1)};
    EXPECT_TRUE(ok(l->commit(records)));  // the first one is not harmed
    expect_refused(dir / "l", errc::already_exists, "is in use by another process");
}

TEST(ledger_open, a_second_process_is_refused_until_the_first_is_gone) {
    const directory dir;
    create(dir / "l");
    int ready[2], stop[2];
    ASSERT_EQ(pipe(ready), 0);
    ASSERT_EQ(pipe(stop), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(stop[1]);
        auto l = ledger::open(dir / "l", installation);
        const char said = l ? '+' : '-';
        char byte = 0;
        if (write(ready[1], &said, 1) != 1) _exit(2);
        while (read(stop[0], &byte, 1) > 0) {
        }
        _exit(0);  // without closing: the kernel drops the locks
    }
    ::close(ready[1]);
    ::close(stop[0]);
    char said = 0;
    EXPECT_EQ(read(ready[0], &said, 1), 1);
    EXPECT_EQ(said, '+');
    expect_refused(dir / "l", errc::already_exists, "is in use by another process");
    ::close(stop[1]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    ::close(ready[0]);
    EXPECT_EQ(open(dir / "l")->load()->size(), 1U);
}

}  // namespace
}  // namespace trainyard::ledger::testing
