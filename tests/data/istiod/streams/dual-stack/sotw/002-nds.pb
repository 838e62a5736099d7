
2026-11-30T21:10:40Z/2ˆ
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
Kubernetessleep"sample"5type.googleapis.com/istio.networking.nds.v1.NameTable*:2026-11-30T21:10:40Z/2fccb112e-da2e-4886-841d-a2dbc5dadd8b