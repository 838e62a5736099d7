// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// An ADS server made with go-control-plane, for tests: it serves one service, whose endpoints are
// read from a file, one ADDRESS:PORT a line, and read again when that changes.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

func lbEndpoint(line string) *endpoint.LbEndpoint {
	host, port, err := net.SplitHostPort(line)
	if err != nil {
		log.Fatal(err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		log.Fatal(err)
	}
	socket := &core.SocketAddress{Address: host,
		PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(number)}}
	return &endpoint.LbEndpoint{HostIdentifier: &endpoint.LbEndpoint_Endpoint{
		Endpoint: &endpoint.Endpoint{Address: &core.Address{
			Address: &core.Address_SocketAddress{SocketAddress: socket}}}}}
}

func snapshot(name, text, version string) *cache.Snapshot {
	group := &endpoint.LocalityLbEndpoints{}
	for _, line := range strings.Fields(text) {
		group.LbEndpoints = append(group.LbEndpoints, lbEndpoint(line))
	}
	eds := &cluster.Cluster{Name: name,
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
		EdsClusterConfig: &cluster.Cluster_EdsClusterConfig{EdsConfig: &core.ConfigSource{
			ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}}}}}
	made, err := cache.NewSnapshot(version, map[resource.Type][]types.Resource{
		resource.ClusterType: {eds},
		resource.EndpointType: {&endpoint.ClusterLoadAssignment{ClusterName: name,
			Endpoints: []*endpoint.LocalityLbEndpoints{group}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return made
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: gcp LISTEN NODE_ID CLUSTER FILE")
	}
	listen, node, name, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	store := cache.NewSnapshotCache(true, cache.IDHash{}, nil)
	service := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(service,
		server.NewServer(context.Background(), store, nil))
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(service.Serve(listener)) }()
	last := ""
	for version := 1; ; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err != nil || string(text) == last {
			continue
		}
		last = string(text)
		if err := store.SetSnapshot(context.Background(), node,
			snapshot(name, last, fmt.Sprint(version))); err != nil {
			log.Fatal(err)
		}
		version++
	}
}
