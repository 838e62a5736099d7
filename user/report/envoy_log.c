/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection as Envoy's TCP proxy would log it, in the field order of Istio's default format. */
#include "envoy_log.h"

#include <netinet/in.h>
#include <stdio.h>
#include <time.h>

#include "addr.h"
#include "utf8.h"

static const char *place(const struct ip_addr *ip, __be16 port, char *buf)
{
	struct addr addr = addr_of_ip(ip);

	return addr_port_format(&addr, ntohs(port), buf);
}

static const char *start_time(uint64_t realtime_ns, char buf[48])
{
	time_t seconds = (time_t)(realtime_ns / 1000000000u);
	char day[24];
	struct tm utc;

	if (realtime_ns == 0)
		return "-";
	gmtime_r(&seconds, &utc);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf, 48, "%s.%03uZ", day, (unsigned int)(realtime_ns / 1000000u % 1000u));
	return buf;
}

/* The format is EnvoyTextLogFormat of istio:pilot/pkg/model/telemetry_logging.go. */
const char *envoy_log_format(const struct flow_view *view, char buf[ENVOY_LOG_MAX])
{
	char upstream[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX], vip[ADDR_TEXT_MAX];
	char client[ADDR_TEXT_MAX], time[48];

	snprintf(buf, ENVOY_LOG_MAX,
		 "[%s] \"- - -\" 0 - - - \"-\" %llu %llu %llu - \"-\" \"-\" \"-\" \"-\" "
		 "\"%s\" %s %s %s %s - -",
		 start_time(view->opened_ns, time), (unsigned long long)view->received,
		 (unsigned long long)view->sent, (unsigned long long)view->duration_ms,
		 place(&view->upstream, view->upstream_port, upstream),
		 view->cluster ? view->cluster : "-", place(&view->local, view->local_port, local),
		 place(&view->vip, view->vip_port, vip),
		 place(&view->client, view->client_port, client));
	utf8_clean(buf);
	return buf;
}
