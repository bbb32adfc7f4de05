/** Where a service is to run. */
export const deployTargets = ['docker', 'systemd', 'kubernetes'] as const;

/** One of {@link deployTargets}. */
export type DeployTarget = (typeof deployTargets)[number];

/** What the files name. */
export interface DeployFacts {
  /** Small letters, digits and dashes, up to 40; begins with a letter. */
  readonly name: string;
  /** Hash of the model's file. */
  readonly hash: string;
  /** Of this library. */
  readonly version: string;
  readonly port: number;
}

/** A file as text, by its name. */
export type DeployFiles = Readonly<Record<string, string>>;

/** Whether a name may stand in all of the files as it is. */
export const isDeployName = (name: string): boolean => /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name);

/**
 * The files that run a model as a service: not as root, on a file system that is only read, with keys, and with the probes
 * that a supervisor asks. `model.onnx` is to lie beside them.
 */
export function deployFiles(target: DeployTarget, facts: DeployFacts): DeployFiles {
  switch (target) {
    case 'docker':
      return { Dockerfile: dockerfile(facts), '.dockerignore': '*\n!model.onnx\n', 'compose.yaml': compose(facts) };
    case 'systemd':
      return { [`${facts.name}.service`]: unit(facts) };
    case 'kubernetes':
      return { Dockerfile: dockerfile(facts), '.dockerignore': '*\n!model.onnx\n', 'service.yaml': manifests(facts) };
  }
}

/** Where supervisors ask, also while connections are refused. */
const healthPort = ({ port }: DeployFacts): number => (port === 65_535 ? port - 1 : port + 1);

/**
 * What requests leave behind is collected a quarter as often, and less of it grows old: to look through what is old takes tens of milliseconds
 * where there is one core. It costs up to 150 MB.
 */
const youngMemory = '--max-semi-space-size=64';

const image = ({ name, hash }: DeployFacts): string => `${name}:${hash.slice(0, 12)}`;

function dockerfile(facts: DeployFacts): string {
  const { port, version, name } = facts;
  const health = healthPort(facts);
  return `# docker build -t ${name} .
FROM node:22-bookworm-slim
ENV NODE_ENV=production ONNXRUNTIME_NODE_INSTALL=skip
WORKDIR /app
# The runtime's install script would fetch files for GPUs.
RUN npm install --no-audit --no-fund --ignore-scripts traineragent@${version} \\
    && npm cache clean --force
COPY model.onnx ./
USER 10001:10001
EXPOSE ${port} ${health}
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \\
    CMD ["node", "-e", "fetch('http://127.0.0.1:${health}/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "${youngMemory}", "node_modules/traineragent/dist/cli.js", "serve", "model.onnx", "--name", "${name}", "--host", "0.0.0.0", "--port", "${port}", "--health-port", "${health}", "--log"]
CMD ["--keys", "/run/secrets/keys.json"]
`;
}

function compose(facts: DeployFacts): string {
  return `# traineragent key keys.json --name shop, then: docker compose up --build
services:
  ${facts.name}:
    build: .
    image: ${image(facts)}
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped
    stop_grace_period: 20s
    ports: ["127.0.0.1:${facts.port}:${facts.port}"]
    secrets:
      - source: keys
        target: keys.json
secrets:
  keys:
    file: ./keys.json
`;
}

function unit({ name, port }: DeployFacts): string {
  const folder = `/opt/${name}`;
  return `# npm install --prefix ${folder} --ignore-scripts traineragent, model.onnx to ${folder}, keys to /etc/${name}/keys.json,
# this file to /etc/systemd/system, then: systemctl enable --now ${name}
[Unit]
Description=Predictions of the model ${name}
After=network.target

[Service]
ExecStart=/usr/bin/node ${youngMemory} ${folder}/node_modules/traineragent/dist/cli.js serve ${folder}/model.onnx --name ${name} --port ${port} --keys %d/keys.json --log
LoadCredential=keys.json:/etc/${name}/keys.json
Environment=NODE_ENV=production
Restart=on-failure
RestartSec=1
KillMode=mixed
TimeoutStopSec=20
DynamicUser=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
SystemCallArchitectures=native
UMask=0077
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`;
}

function manifests(facts: DeployFacts): string {
  const { name, port, hash } = facts;
  return `# docker build -t ${image(facts)} . and push it; kubectl create secret generic ${name}-keys --from-file=keys.json;
# then: kubectl apply -f service.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app.kubernetes.io/name: ${name}}
spec:
  replicas: 2
  selector:
    matchLabels: {app.kubernetes.io/name: ${name}}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  template:
    metadata:
      labels: {app.kubernetes.io/name: ${name}}
      annotations: {traineragent/model: "${hash}"}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: predict
          image: ${image(facts)}
          args: ["--keys", "/keys/keys.json", "--workers", "1"]
          ports: [{name: http, containerPort: ${port}}, {name: health, containerPort: ${healthPort(facts)}}]
          resources:
            requests: {cpu: "1", memory: 256Mi}
            limits: {memory: 1Gi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          startupProbe:
            httpGet: {path: /readyz, port: health}
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: health}
            periodSeconds: 5
          livenessProbe:
            httpGet: {path: /livez, port: health}
            periodSeconds: 10
            failureThreshold: 3
          lifecycle:
            # Until no address of this pod is handed out any more.
            preStop: {sleep: {seconds: 5}}
          volumeMounts: [{name: keys, mountPath: /keys, readOnly: true}]
      volumes:
        - name: keys
          secret: {secretName: ${name}-keys, defaultMode: 0444}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: {app.kubernetes.io/name: ${name}}
spec:
  selector: {app.kubernetes.io/name: ${name}}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
spec:
  minAvailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: ${name}}
`;
}
