/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The admin server and the listener for metrics: where they listen, and the pages they serve. */
#include "admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "pages.h"
#include "problem_page.h"
#include "clock.h"
#include "http.h"
#include "log.h"

/* A page that reads the maps is made once a second at most, however often it is requested. */
#define PAGE_MS 1000

/* A page that was made, to be served again. */
struct kept_page {
	struct evbuffer *text; /* NULL: none */
	int status;
	uint64_t made_ns;
};

struct listener {
	const char *name; /* its section of the configuration */
	enum http_scope scope;
	http_answer answer;
	struct http_server *server; /* NULL: none is open */
	struct addr addr;
	uint16_t port;
	char problem[192]; /* why it is not as configured; or "" */
};

struct admin {
	struct listener admin, metrics;
	struct event *forget;
	struct kept_page kept[PAGES];
};

/* ------------------------------------------------------------------ pages */

static void forget_page(struct kept_page *page)
{
	if (page->text)
		evbuffer_free(page->text);
	*page = (struct kept_page){};
}

static void on_forget(evutil_socket_t fd, short what, void *arg)
{
	struct admin *admin = arg;

	for (int i = 0; i < PAGES; i++)
		forget_page(&admin->kept[i]);
}

static void free_text(const void *text, size_t length, void *arg)
{
	free(arg);
}

static void make_page(struct agent *agent, int index, struct kept_page *ret)
{
	char *text = NULL;
	size_t length = 0;

	*ret = (struct kept_page){ .text = evbuffer_new(), .made_ns = clock_monotonic_ns() };
	ret->status = page_make(agent, index, &text, &length);
	if (!ret->text || !text ||
	    evbuffer_add_reference(ret->text, text, length, free_text, text)) {
		free(text);
		forget_page(ret);
		ret->status = 500;
	}
}

static void serve(struct agent *agent, int index, struct http_reply *reply)
{
	const struct timeval wait = { PAGE_MS / 1000, PAGE_MS % 1000 * 1000 };
	struct kept_page *page = &agent->admin->kept[index];

	if (!page->text || clock_monotonic_ns() - page->made_ns >= PAGE_MS * 1000000ull) {
		forget_page(page);
		make_page(agent, index, page);
		evtimer_add(agent->admin->forget, &wait);
	}
	reply->status = page->status;
	if (page->status == 200)
		reply->type = page_type(index);
	if (page->text && evbuffer_add_buffer_reference(reply->body, page->text))
		reply->status = 500;
}

static void answer(void *arg, const char *path, struct http_reply *reply)
{
	struct agent *agent = arg;
	int index = page_find(path);

	if (!strcmp(path, "/healthz")) {
		evbuffer_add_printf(reply->body, "ok\n");
	} else if (!strcmp(path, "/ready")) {
		const char *reason = page_unready(agent);

		reply->status = reason ? 503 : 200;
		evbuffer_add_printf(reply->body, "%s\n", reason ? reason : "ready");
	} else if (!strcmp(path, "/problems")) {
		reply->type = "application/json";
		reply->status = problem_page(agent, reply->body) ? 500 : 200;
	} else if (index >= 0) {
		serve(agent, index, reply);
	} else {
		reply->status = 404;
		evbuffer_add_printf(reply->body, "not found; there are /ready, /healthz, "
				    "/problems, /stats/prometheus, /clusters and /config_dump\n");
	}
}

/* The metrics, by the path of this project and the one that Prometheus asks for by itself. */
static void answer_metrics(void *arg, const char *path, struct http_reply *reply)
{
	static const char page[] = "/stats/prometheus";

	if (!strcmp(path, page) || !strcmp(path, "/metrics")) {
		serve(arg, page_find(page), reply);
		return;
	}
	reply->status = 404;
	evbuffer_add_printf(reply->body, "not found; there is %s\n", page);
}

/* ------------------------------------------------------------------ the listeners */

static struct admin *admin_of(struct agent *agent)
{
	struct admin *admin = agent->admin;

	if (admin)
		return admin;
	admin = calloc(1, sizeof(*admin));
	if (admin)
		admin->forget = evtimer_new(agent->base, on_forget, admin);
	if (admin && !admin->forget) {
		free(admin);
		admin = NULL;
	}
	if (admin) {
		admin->admin = (struct listener){ .name = "admin", .scope = HTTP_LOCAL,
						  .answer = answer };
		admin->metrics = (struct listener){ .name = "metrics", .scope = HTTP_REMOTE,
						    .answer = answer_metrics };
	}
	return agent->admin = admin;
}

static void set_problem(struct listener *listener, const char *place, int err)
{
	char old[ADDR_TEXT_MAX], stays[ADDR_TEXT_MAX + 16] = "";

	if (listener->server)
		snprintf(stays, sizeof(stays), "; it stays at %s",
			 addr_port_format(&listener->addr, listener->port, old));
	snprintf(listener->problem, sizeof(listener->problem), "%s: cannot listen at %s: %s%s",
		 listener->name, place, strerror(-err), stays);
}

static void move(struct agent *agent, struct listener *listener, const struct addr *addr,
		 uint16_t port)
{
	struct http_server *server;
	char place[ADDR_TEXT_MAX];
	int err;

	addr_port_format(addr, port, place);
	err = http_server_new(agent->base, listener->scope, addr, port, listener->answer, agent,
			      &server);
	if (err) {
		set_problem(listener, place, err);
		return;
	}
	http_server_free(listener->server);
	listener->server = server;
	listener->addr = *addr;
	listener->port = port;
	listener->problem[0] = '\0';
	log_info("%s: listening at %s", listener->name, place);
}

static void close_listener(struct listener *listener)
{
	if (listener->server)
		log_info("%s: closed", listener->name);
	http_server_free(listener->server);
	listener->server = NULL;
	listener->problem[0] = '\0';
}

/* Returns why the listener is not at this address, family 0 meaning closed; or NULL. */
static const char *follow(struct agent *agent, struct listener *listener, const struct addr *addr,
			  uint16_t port)
{
	if (!addr->family)
		close_listener(listener);
	else if (listener->server && listener->port == port && addr_equal(&listener->addr, addr))
		listener->problem[0] = '\0';
	else
		move(agent, listener, addr, port);
	return listener->problem[0] ? listener->problem : NULL;
}

void admin_follow(struct agent *agent)
{
	const struct config *config = agent->files.config;
	struct admin *admin = admin_of(agent);

	if (!admin)
		return;
	agent->admin_problem = follow(agent, &admin->admin, &config->admin_address,
				      config->admin_port);
	agent->metrics_problem = follow(agent, &admin->metrics, &config->metrics.address,
					config->metrics.port);
}

void admin_done(struct agent *agent)
{
	struct admin *admin = agent->admin;

	if (!admin)
		return;
	http_server_free(admin->admin.server);
	http_server_free(admin->metrics.server);
	event_free(admin->forget);
	for (int i = 0; i < PAGES; i++)
		forget_page(&admin->kept[i]);
	free(admin);
	agent->admin = NULL;
	agent->admin_problem = agent->metrics_problem = NULL;
}
