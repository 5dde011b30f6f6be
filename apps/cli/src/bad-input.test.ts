import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from './testing/files.ts'
import { clusterStoreYaml, externalSecretYaml, KEY_REF, storeYaml } from './testing/manifests.ts'
import { CANARY, run } from './testing/run.ts'

const web = externalSecretYaml('web', { data: [{ key: 'app/db', name: 'db', secretStoreRef: { name: 'kms' } }] })
const files = {
  'ok/store.yaml': storeYaml(),
  'ok/web.yaml': web,
  'syntax.yaml': `a: 1\nstringData: {x: ${CANARY}\nb: [}\n`,
  'tab.yaml': `a:\n\t${CANARY}: 1\n`,
  'twice-key.yaml': `${web}kind: ${CANARY}\n`,
  'latin1.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xe9]),
  'alias.yaml': `a: &a [x]\n${'bcdefgh'.replace(/./g, (letter) => `${letter}: &${letter} [${`*${String.fromCharCode(letter.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}`,
  'many-aliases.yaml': `a:\n${Array.from({ length: 1_001 }, (_, index) => `- &a${index} x\n- *a${index}\n`).join('')}`,
  'endless.yaml': 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: &spec\n  data: [*spec]\n',
  'deep.yaml': '['.repeat(50_000),
  'list.yaml': 'apiVersion: v1\nkind: List\nitems: 7\n',
  'no-kind.yaml': 'apiVersion: v1\nmetadata: {name: x}\n',
  'stranger.yaml': 'account: "1"\n',
  'text.yaml': '# nothing\n---\njust text\n',
  'empty.yaml': '# nothing\n',
  'helm.yaml': '{{- if .Values.enabled }}\napiVersion: v1\n{{- end }}\n',
  'helm-list.yaml': 'args:\n  - {{ .Values.name }}\n',
  'helm-value.yaml': 'name: {{.Values.name}}\n',
  'old.yaml': web.replace('v1alpha1', 'v1'),
  'cluster-store.yaml': clusterStoreYaml({ accessKey: { name: 'k', key: 'id' }, accessKeySecret: KEY_REF }),
  'cluster-store-twice.yaml': [web, clusterStoreYaml(), clusterStoreYaml()].join('---\n'),
  'labels.yaml': [
    web,
    clusterStoreYaml(undefined, [{ namespaceSelector: { matchLabels: { level: '5' } } }]),
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {level: 5}}\n',
  ].join('---\n'),
  'cluster-secret.yaml':
    'apiVersion: alibabacloud.com/v1alpha1\nkind: ClusterExternalSecret\nmetadata: {name: web}\nspec: {externalSecretSpec: {data: [{key: a}]}}\n',
  'kind.yaml': web.replace('kind: ExternalSecret', 'kind: ExternalSecrets'),
  'field.yaml': web.replace('name: db', 'nmae: db'),
  'restart.yaml': web.replace('spec:', 'spec:\n  restart: [{kind: Job, name: x}]'),
  'two-problems.yaml': `${web.replace('key: app/db', 'key: ""')}---\n${web.replace('name: web', 'name: Web')}`,
  'store.yaml': storeYaml(),
  'secret.yaml': `${web}---\n${storeYaml().replace(/secret: \S{8,}/, `secret: "${CANARY}!"`)}`,
  'number.yaml': `${web}---\n${storeYaml().replace(/id: LTAI\w+/, 'id: 12345')}`,
  'credential-twice.yaml': `${web}---\n${storeYaml()}---\n${storeYaml().split('---\n')[0] ?? ''}`,
  'taken/file': 'mine',
}

const AAP = ['--auth', 'aap', '--endpoint', 'kst-demo']
const SYNC = ['sync', '-f', 'ok', '--out', 'out']
const read = (...names: string[]): string[] => ['sync', ...names.flatMap((name) => ['-f', name]), '--out', 'out']

/** Arguments, and the line (or lines) on stderr. */
const CASES: [argv: string[], message: string | RegExp, env?: Record<string, string>][] = [
  [['synk'], "unknown command 'synk' (Did you mean sync?); see acksm --help"],
  [['dif', '-f', 'ok'], /^acksm: unknown command 'dif'.*; see acksm --help\n$/],
  [['a secret in the wrong place'], "unknown command '…'; see acksm --help"],
  [['help', 'bogus'], "unknown command 'bogus'; see acksm --help"],
  [['hunter2'], "unknown command '…'; see acksm --help"],
  [['sync', '--access-key-secret=canary'], "unknown option '--access-key-secret'; see acksm sync --help"],
  [['sync', '-pcanary'], "unknown option '-p…'; see acksm sync --help"],
  [
    ['get', 'a', 'canary'],
    "too many arguments for 'get'. Expected 1 argument but got 2: for a version that is not current use --version-id; see acksm get --help",
  ],
  [['sync', '--wach'], "unknown option '--wach' (Did you mean --watch?); see acksm sync --help"],
  [['sync', '-f'], '--filename needs a value: FILE|DIR...; see acksm sync --help'],
  [
    ['sync', 'ok', '--out', 'out'],
    "too many arguments for 'sync'. Expected 0 arguments but got 1: files and directories come after -f; see acksm sync --help",
  ],
  ...['diff', 'render', 'migrate', 'doctor'].map((command): [string[], RegExp] => [
    [command, 'ok'],
    /^acksm: too many arguments [^\n]+: files and directories come after -f; see /,
  ]),
  [['simulate', 'seed.yaml'], /^acksm: too many arguments [^\n]+: the seed comes after --seed; see /],
  [['sync', '--out', 'out'], '--filename FILE|DIR is required; see acksm sync --help'],
  [['sync', '-f', 'ok'], '--out DIR or --kube is required; see acksm sync --help'],
  [[...SYNC, '--kube'], '--kube and --out cannot be combined; use one of them; see acksm sync --help'],
  [[...SYNC, '--context', 'x'], '--context needs --kube; see acksm sync --help'],
  [[...SYNC, '--polling-interval', '5s'], '--polling-interval needs --watch; see acksm sync --help'],
  [
    [...SYNC, '--timeout', 'soon'],
    '--timeout soon: expected a duration from 1s to 24h, such as 90s or 1h30m; see acksm sync --help',
  ],
  [
    [...SYNC, '--timeout', 'a secret in the wrong place'],
    '--timeout …: expected a duration from 1s to 24h, such as 90s or 1h30m; see acksm sync --help',
  ],
  [
    [...SYNC, '--timeout', '1ms'],
    '--timeout 1ms: expected a duration from 1s to 24h, such as 90s or 1h30m; see acksm sync --help',
  ],
  [[...SYNC, '-o', 'yaml'], '--output yaml: expected human or json; see acksm sync --help'],
  [
    [...SYNC, '--log-level', 'loud'],
    '--log-level loud: expected debug or info or warn or error; see acksm sync --help',
  ],
  [
    [...SYNC, '-n', 'My_Space'],
    '--namespace My_Space: expected the name of a namespace: lower-case letters, digits and "-"; see acksm sync --help',
  ],
  [
    [...SYNC, '--auth', 'aap'],
    '--auth aap: expected default or profile or access-key or rrsa or worker-role; see acksm sync --help',
  ],
  [[...SYNC, '--sts-endpoint', 'https://sts/'], /^acksm: --sts-endpoint \S+: expected HOST or HOST:PORT; see .*\n$/],
  [[...SYNC, '--oos-endpoint', 'a/b'], /^acksm: --oos-endpoint \S+: expected HOST or HOST:PORT; see .*\n$/],
  [[...SYNC, '--allow-token-path', 'tokens'], /^acksm: --allow-token-path: .*\n$/],
  [[...SYNC, '--region', 'Hangzhou!'], '--region …: expected a region such as cn-hangzhou; see acksm sync --help'],
  [[...SYNC, '--endpoint', 'https://kms/'], /^acksm: .*expected HOST or HOST:PORT.*\n$/],
  [[...SYNC, '--allow-endpoint', 'a/b'], /^acksm: --allow-endpoint: .*expected HOST or HOST:PORT.*\n$/],
  [[...SYNC, '--out', ''], '--out "": expected some text; see acksm sync --help'],
  [
    ['sync', '-f', 'ok', '--out', 'taken'],
    /^acksm: output directory \S+\/taken contains files and was not created by ack-secret-manager: choose a new or empty directory\n$/,
  ],
  [
    ['sync', '-f', 'ok', '--kube', '--kubeconfig', 'none'],
    /^acksm: kubeconfig .*none: cannot be read.*; see acksm sync --help\n$/,
  ],
  [
    ['status', '--kubeconfig', 'syntax.yaml'],
    /^acksm: kubeconfig \/\S+\/syntax\.yaml:3:1: is not valid YAML; correct the file; see acksm status --help\n$/,
  ],
  [read('none.yaml'), 'none.yaml: no such file or directory'],
  [read('syntax.yaml/x'), 'syntax.yaml/x: a part of the path is a file, not a directory'],
  [read('nothing'), 'nothing: no .yaml, .yml or .json file in this directory; to read those below it, add -R'],
  [read('*.yaml'), '*.yaml: no such file or directory; without quotes the shell replaces *'],
  [
    read('https://example.com/a.yaml'),
    'https://example.com/a.yaml: a URL is not read; download it, or use -f - and a pipe',
  ],
  [read('empty.yaml'), 'no ExternalSecret in empty.yaml'],
  [read('store.yaml'), 'no ExternalSecret in store.yaml'],
  [read('latin1.yaml'), 'latin1.yaml: is not UTF-8 text'],
  [read('syntax.yaml'), /^acksm: syntax\.yaml:[23]:\d+: not valid YAML: [a-z ,:]+\n$/],
  [read('tab.yaml'), /^acksm: tab\.yaml:2:\d: not valid YAML: a tab where only spaces may indent\n$/],
  [read('twice-key.yaml'), /^acksm: twice-key\.yaml:\d+:1: not valid YAML: the same key twice in one mapping\n$/],
  [
    ['migrate', '-f', 'helm.yaml'],
    'helm.yaml:1:3: not valid YAML: block in flow; it is a template of Helm: pass the output of helm template',
  ],
  ...['helm-list.yaml', 'helm-value.yaml'].map((file): [string[], RegExp] => [
    read(file),
    /^acksm: \S+: not usable YAML: a mapping or list as a key; it is a template of Helm: pass the output of helm template\n$/,
  ]),
  [read('alias.yaml'), 'alias.yaml: not usable YAML: too many aliases, or an unresolved alias'],
  [read('many-aliases.yaml'), 'many-aliases.yaml:2003:3: not usable YAML: more than 1000 aliases'],
  [read('endless.yaml'), 'endless.yaml:4:10: not usable YAML: an alias inside its own anchor'],
  [['migrate', '-f', 'endless.yaml'], 'endless.yaml:4:10: not usable YAML: an alias inside its own anchor'],
  [read('deep.yaml'), /^acksm: deep\.yaml.*: not (usable|valid) YAML: .*\n$/],
  [read('list.yaml'), 'list.yaml:1: List: items: expected a list'],
  [read('no-kind.yaml'), 'no-kind.yaml:1: not a Kubernetes object: kind is missing'],
  [read('stranger.yaml'), 'stranger.yaml:1: not a Kubernetes object: apiVersion and kind are missing'],
  [read('text.yaml'), 'text.yaml:3: expected a Kubernetes object'],
  [
    read('old.yaml'),
    'old.yaml:1: ExternalSecret: apiVersion alibabacloud.com/v1 is unknown; this is alibabacloud.com/v1alpha1',
  ],
  [
    read('cluster-store.yaml'),
    'cluster-store.yaml:1: ClusterSecretStore shared: spec.KMS.KMSAuth.accessKey.namespace: required in a ClusterSecretStore, but missing',
  ],
  [
    read('cluster-store-twice.yaml'),
    /^acksm: cluster-store-twice\.yaml:\d+: ClusterSecretStore shared is defined twice; the other definition is at cluster-store-twice\.yaml:\d+\n$/,
  ],
  [
    read('labels.yaml'),
    /^acksm: labels\.yaml:\d+: Namespace default: metadata\.labels\["level"\]: expected a text; put it in quotes\n$/,
  ],
  [
    read('cluster-secret.yaml'),
    'ClusterExternalSecret web selects none of the Namespaces in the manifests; add manifests of the Namespaces with their labels',
  ],
  [
    read('kind.yaml'),
    'kind.yaml:1: alibabacloud.com/v1alpha1 has no kind ExternalSecrets; known are ExternalSecret, SecretStore, ClusterSecretStore, ClusterExternalSecret and PushSecret',
  ],
  [read('field.yaml'), /^acksm: field\.yaml:1: ExternalSecret default\/web: spec\.data\[0\]\.nmae: unknown field\n/],
  [
    read('restart.yaml'),
    'restart.yaml:1: ExternalSecret default/web: spec.restart[0].kind: expected Deployment or StatefulSet or DaemonSet, got "Job"',
  ],
  [
    read('two-problems.yaml'),
    /^acksm: two-problems\.yaml:1: .*spec\.data\[0\]\.key: .*\nacksm: two-problems\.yaml:\d+: ExternalSecret default\/Web: metadata\.name: .*\n$/,
  ],
  [read('secret.yaml'), /^acksm: secret\.yaml:\d+: Secret default\/kms-key: data\["secret"\]: expected base64\n$/],
  [
    read('number.yaml'),
    /^acksm: number\.yaml:\d+: Secret default\/kms-key: stringData\["id"\]: expected a text; put it in quotes\n$/,
  ],
  [read('credential-twice.yaml'), /Secret default\/kms-key is defined twice/],
  [read('-'), '-f -: there is no stdin'],
  [['get', ''], 'NAME is empty; see acksm get --help'],
  [['delete', '', '--yes'], 'NAME is empty; see acksm delete --help'],
  [
    ['get', 'a', '--version', 'v1'],
    "unknown option '--version' (Did you mean one of --region, --version-id?); see acksm get --help",
  ],
  [['-o', 'json', 'list'], "unknown option '-o'; flags come after the command; see acksm --help"],
  [
    ['get', 'app/db#password'],
    'NAME: names of secrets have no #; for a part of a JSON value use --json-path PATH; see acksm get --help',
  ],
  [['get'], "missing required argument 'NAME'; see acksm get --help"],
  [['get', 'a', 'b'], /^acksm: too many arguments.*; see acksm get --help\n$/],
  [
    ['get', 'a'],
    /^acksm: no Alibaba Cloud identity is configured: run `aliyun configure`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and .*\n$/,
  ],
  [
    ['get', 'a', '--auth', 'rrsa'],
    'RRSA is selected as the operator identity, but ALIBABA_CLOUD_ROLE_ARN is not set',
    { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tX', ALIBABA_CLOUD_ACCESS_KEY_SECRET: CANARY },
  ],
  [
    ['get', 'a', '--enable-worker-role', '--auth', 'access-key'],
    /^acksm: an AccessKey is selected as the operator identity, but none is configured: set ALIBABA_CLOUD_ACCESS_KEY_ID .*\n$/,
  ],
  [
    ['get', 'a', '--profile', 'dev', '--auth', 'rrsa'],
    '--profile cannot be combined with --auth rrsa; use one of them; see acksm get --help',
  ],
  [
    ['get', 'a', ...AAP, '--profile', 'dev'],
    '--profile cannot be combined with --auth aap; use one of them; see acksm get --help',
  ],
  [
    ['get', 'a', '--profile', 'dev'],
    'there is no profile dev in ~/.aliyun/config.json (no such file) or in ~/.alibabacloud/credentials (no such file)',
  ],
  [['get', 'a', '--auth', 'profile'], /^acksm: there is no profile default in .*\n$/],
  [['get', 'a', '--auth', 'default'], /^acksm: no Alibaba Cloud identity is configured: .*\n$/],
  [['get', 'a', '--auth', 'worker-role', '--metadata-endpoint', 'a/b'], /^acksm: metadataEndpoint: .*\n$/],
  [['get', 'a', '--client-key', 'k'], '--client-key needs --auth aap; see acksm get --help'],
  [['get', 'a', ...AAP], '--auth aap needs --client-key FILE; see acksm get --help'],
  [['get', 'a', '--auth', 'aap'], '--auth aap needs --endpoint: id or host of the KMS instance; see acksm get --help'],
  [['get', 'a', ...AAP, '--provider', 'oos'], '--auth aap: oos does not support client keys; see acksm get --help'],
  [
    ['get', 'a', ...AAP, '--client-key', 'none', '--client-key-password', 'empty.yaml'],
    '--client-key none: no such file or directory',
  ],
  [
    ['get', 'a', ...AAP, '--client-key', 'syntax.yaml', '--client-key-password', 'empty.yaml'],
    /^acksm: --client-key syntax\.yaml .*JSON.*\n$/,
  ],
  [
    ['get', 'a'],
    /^acksm: ALIBABA_CLOUD_ROLE_ARN is set, but neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor an AccessKey: .*\n$/,
    { ALIBABA_CLOUD_ROLE_ARN: 'x' },
  ],
  [['get', 'a', '--field', 'secret'], /^acksm: --field secret: expected value or name or .*; see acksm get --help\n$/],
  [['simulate'], '--seed FILE is required; see acksm simulate --help'],
  [['simulate', '--seed', 'none.yaml'], /^acksm simulate: seed \S+none\.yaml: cannot be read \(ENOENT\).*\n$/],
  [
    ['simulate', '--seed', 'x', '--port', '65529'],
    '--port 65529: expected a whole number from 1 to 65528; see acksm simulate --help',
  ],
  [['migrate'], '--filename FILE|DIR is required; see acksm migrate --help'],
  [
    ['migrate', '-f', 'ok', '--from', 'vault'],
    '--from vault: expected external-secrets or ack-secret-manager; see acksm migrate --help',
  ],
  [['migrate', '-f', 'ok', '--from', 'external-secrets'], 'nothing to migrate in ok: no resource of external-secrets'],
  [
    ['migrate', '-f', 'ok', '--out', 'taken'],
    '--out taken: is not empty; use a new directory; see acksm migrate --help',
  ],
  [['migrate', '-f', 'ok', '--out', 'empty.yaml'], '--out empty.yaml: is a file, not a directory'],
  [['migrate', '-f', 'ok', '--out', '/proc/out/deep'], '--out /proc/out/deep: no such directory'],
  [['schema', '--out', '/proc/out'], '--out /proc/out: no such directory'],
  [['migrate', '-f', 'syntax.yaml'], /^acksm: syntax\.yaml:3:1: not valid YAML: .*\n$/],
  [['crds', 'more'], /^acksm: too many arguments.*; see acksm crds --help\n$/],
  [['crds', '-o', 'xml'], '--output xml: expected yaml or json or human; see acksm crds --help'],
]

it.each(CASES)('acksm %j: one clear line, exit code 2', async (argv, message, env = {}) => {
  const cwd = await folderWith(files)
  await mkdir(path.join(cwd, 'nothing'))
  const { code, out, err } = await run(argv, { cwd, env })
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([2, ''])
})

it.each([0o777, 0o1777])('refuses a directory of mode %o, which every user may write to', async (mode) => {
  const cwd = await folderWith(files)
  await mkdir(path.join(cwd, 'out'))
  await chmod(path.join(cwd, 'out'), mode)
  const { code, out, err } = await run(SYNC, { cwd })
  expect([code, out, err]).toEqual([2, '', expect.stringMatching(/out is writable by every user of this machine/)])
  expect(await readdir(path.join(cwd, 'out'))).toEqual([])
})

it.each([
  [[...SYNC, '--kube'], /^--kube and --out cannot be combined/],
  [read('field.yaml'), /^field\.yaml:1: .*: unknown field$/],
  [['sync', '-f', 'ok', '--out', 'taken'], /contains files/],
])('acksm %j -o json: one document, exit code 2', async (argv, problem) => {
  const cwd = await folderWith(files)
  const { code, out, err } = await run([...argv, '-o', 'json'], { cwd })
  const { resources, problems } = JSON.parse(out) as { resources: unknown[]; problems: string[] }
  expect([code, resources, problems[0]]).toEqual([2, [], expect.stringMatching(problem)])
  expect(err).toBe(problems.map((line) => `acksm: ${line}\n`).join(''))
})

it.skipIf(process.getuid?.() === 0)('reports a file without read permission', async () => {
  const cwd = await folderWith({ 'web.yaml': web })
  await chmod(path.join(cwd, 'web.yaml'), 0)
  expect(await run(read('web.yaml'), { cwd })).toMatchObject({ code: 2, err: 'acksm: web.yaml: permission denied\n' })
})

it('reports an empty stdin', async () => {
  expect(await run(read('-'), { stdin: '' })).toMatchObject({ code: 2, err: 'acksm: no ExternalSecret in stdin\n' })
})

it('has limits', async () => {
  const cwd = await folderWith({})
  await writeFile(path.join(cwd, 'big.yaml'), Buffer.alloc(17 * 1024 * 1024, '#'))
  expect(await run(read('big.yaml'), { cwd })).toMatchObject({
    code: 2,
    err: 'acksm: big.yaml: larger than 16 MiB; split it\n',
  })
})

it('prints the first problems and counts the others', async () => {
  const cwd = await folderWith({ 'many.yaml': Array.from({ length: 30 }, () => 'kind: x\n').join('---\n') })
  const { err } = await run(read('many.yaml'), { cwd })
  expect(err.trimEnd().split('\n')).toHaveLength(21)
  expect(err).toMatch(/acksm: … and 10 more problems\n$/)
})

it('ignores unreferenced objects and directories, with one message each', async () => {
  const cwd = await folderWith({
    'in/store.yaml': storeYaml(),
    // Suspended, so that nothing is read.
    'in/web.yaml': web.replace('spec:', 'spec:\n  suspend: true'),
    'in/app.yaml':
      'apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: apps/v1\nkind: Deployment\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: other}\n',
    'in/seed.yml': 'secrets: []\n',
    'in/notes.txt': 'kind: [',
    'in/below/x.yaml': 'kind: [',
  })
  const { err } = await run(['sync', '-f', 'in', '--out', 'out'], { cwd })
  expect(err).toBe(
    'acksm: ignored, because no resource references them: Deployment ×2; Secret; not a Kubernetes object at in/seed.yml:1\n' +
      'acksm: in: directories below it are not read; to read them, add -R\n',
  )
})
