
2026-11-30T21:11:04Z/4ˆ
5type.googleapis.com/istio.networking.nds.v1.NameTableÎ
k
#helloworld.sample.svc.cluster.localD
10.20.194.146
fd00::10:20:194:146
Kubernetes
helloworld"sample
_
sleep.sample.svc.cluster.local=
10.20.194.80
fd00::10:20:194:80
Kubernetessleep"sample"5type.googleapis.com/istio.networking.nds.v1.NameTable*:2026-11-30T21:11:04Z/44878f33d-c05f-43b6-80d3-2739066dad24