/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks, IPv4 in both its forms.
 */
#include "http/net.h"

#include "test.h"

TEST(test_net_membership_covers_both_forms)
{
	static const struct {
		const char *net, *addr;
		int in; /* -1: the network is refused */
	} row[] = {
	    {"127.0.0.0/8", "127.9.9.9", 1},
	    {"127.0.0.0/8", "128.0.0.0", 0},
	    {"127.0.0.0/8", "::ffff:127.0.0.1", 1},
	    {"10.1.2.3", "10.1.2.3", 1},
	    {"10.1.2.3", "10.1.2.2", 0},
	    {"0.0.0.0/0", "255.1.1.1", 1},
	    {"0.0.0.0/0", "::1", 0},
	    {"::/0", "10.0.0.1", 1},
	    {"2001:db8::/33", "2001:db8:7fff::1", 1},
	    {"2001:db8::/33", "2001:db8:8000::1", 0},
	    {"::1", "::1", 1},
	    {"::ffff:10.0.0.0/104", "10.200.0.1", 1},
	    {"192.168.4.0/23", "192.168.5.255", 1},
	    {"192.168.4.0/23", "192.168.6.0", 0},
	    {"10.0.0.1/8", "", -1},
	    {"10.0.0.0/33", "", -1},
	    {"10.0.0.0/", "", -1},
	    {"10.0.0.0/-1", "", -1},
	    {"10.0.0.0/8x", "", -1},
	    {"10.0.0", "", -1},
	    {"x", "", -1},
	    {"/8", "", -1},
	    {"2001:db8::/129", "", -1},
	};
	struct gw_net n;
	struct gw_addr a;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok = gw_net_read(&n, bytes_of_str(row[i].net));

		test_row(row[i].net);
		EXPECT_U64(ok, row[i].in >= 0);
		if (ok && row[i].in >= 0) {
			EXPECT(gw_addr_read(&a, bytes_of_str(row[i].addr)));
			EXPECT_U64(gw_net_has(&n, &a), (uint64_t)row[i].in);
		}
		test_count(1);
	}
}

TEST(test_addr_text_is_the_usual_one)
{
	char text[GW_ADDR_TEXT_MAX];
	struct gw_addr a;

	EXPECT(gw_addr_read(&a, bytes_of_str("::FFFF:1.2.3.4")));
	EXPECT_STR(gw_addr_text(text, &a), "1.2.3.4");
	EXPECT(gw_addr_is_v4(&a) && !gw_addr_is_loopback(&a));
	EXPECT(gw_addr_read(&a, bytes_of_str("2001:DB8:0:0::1")));
	EXPECT_STR(gw_addr_text(text, &a), "2001:db8::1");
	EXPECT(gw_addr_read(&a, bytes_of_str("127.200.0.1")) &&
	       gw_addr_is_loopback(&a));
	EXPECT(
	    gw_addr_read(&a, bytes_of_str("::1")) && gw_addr_is_loopback(&a));
	EXPECT(!gw_addr_read(&a, bytes_of_str("")));
	EXPECT(!gw_addr_read(&a, bytes_of_str("1.2.3.4.5")));
	EXPECT(!gw_addr_read(
	    &a, bytes_of_str("1111:1111:1111:1111:1111:1111:1111:1111:1111")));
}
