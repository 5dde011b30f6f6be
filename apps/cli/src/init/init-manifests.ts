import { API_VERSION, ROLE_ARN_ANNOTATION } from '@ack-secret-manager/resources'
import { Document } from 'yaml'
import { kubectlYaml } from '../output/kubectl-yaml.ts'
import type { AccessMethod } from './access-methods.ts'
import type { Answers } from './answers.ts'

/** The manifests as YAML with comments. */
export function initManifests(answers: Answers): string {
  const { access } = answers
  const intro = INTROS[access](answers).map((line) => `# ${line}\n`)
  const documents = [
    ...(access === 'rrsa' ? [serviceAccount(answers)] : []),
    secretStore(answers, STORES[access](answers)),
    externalSecret(answers),
  ]
  return [...intro, documents.join('---\n')].join('')
}

const INTROS: Readonly<Record<AccessMethod, (answers: Answers) => readonly string[]>> = {
  'access-key': (answers) => [
    'An AccessKey of a RAM user that may call kms:GetSecretValue. Create its Secret:',
    keySecret(answers),
  ],
  'assume-role': (answers) => [
    'An AccessKey of a RAM user that may assume the role. Create its Secret:',
    keySecret(answers),
  ],
  rrsa: () => [
    'RRSA: the trust policy of the role names this ServiceAccount. The operator needs no permissions in KMS.',
  ],
  'worker-role': () => ['The RAM role of the node. Start the operator with --enable-worker-role.'],
  'client-key': ({ credentialsSecret, namespace }) => [
    'A client key of an application access point. Create its Secret from the two files:',
    `  kubectl create secret generic ${credentialsSecret} -n ${namespace} --from-file=file=CLIENT_KEY.json --from-file=password=PASSWORD.txt`,
  ],
}

/** Values come from files, because arguments are visible to other users of a machine. */
function keySecret({ credentialsSecret, namespace }: Answers): string {
  return `  kubectl create secret generic ${credentialsSecret} -n ${namespace} --from-file=id=ID_FILE --from-file=secret=SECRET_FILE`
}

const STORES: Readonly<Record<AccessMethod, (answers: Answers) => string>> = {
  'access-key': (answers) => `    KMSAuth:\n${accessKey(answers)}`,
  'assume-role': (answers) =>
    `    KMSAuth:\n${accessKey(answers)}      ramRoleARN: ${scalar(answers.roleArn)}\n      ramRoleSessionName: ack-secret-manager\n`,
  rrsa: ({ oidcProviderArn, serviceAccount: account }) =>
    `    KMSAuth:\n      oidcProviderARN: ${scalar(oidcProviderArn)}\n      serviceAccountRef:\n        name: ${scalar(account)}\n`,
  'worker-role': () => '    KMSAuth:\n      workerRole: {}\n',
  'client-key': ({ instance, credentialsSecret }) =>
    `    dedicatedKMSAuth:\n      protocol: https\n      endpoint: ${scalar(instance)}\n` +
    reference('clientKeyContent', credentialsSecret, 'file') +
    reference('password', credentialsSecret, 'password'),
}

function accessKey({ credentialsSecret }: Answers): string {
  return reference('accessKey', credentialsSecret, 'id') + reference('accessKeySecret', credentialsSecret, 'secret')
}

function reference(field: string, name: string, key: string): string {
  return `      ${field}:\n        name: ${scalar(name)}\n        key: ${key}\n`
}

function serviceAccount({ serviceAccount: name, namespace, roleArn }: Answers): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${scalar(name)}
  namespace: ${scalar(namespace)}
  annotations:
    ${ROLE_ARN_ANNOTATION}: ${scalar(roleArn)}
`
}

function secretStore({ store, namespace, region }: Answers, access: string): string {
  return `# Where the secrets are, and with which identity they are read.
apiVersion: ${API_VERSION}
kind: SecretStore
metadata:
  name: ${scalar(store)}
  namespace: ${scalar(namespace)}
spec:
  KMS:
    region: ${scalar(region)}
${access}`
}

function externalSecret(answers: Answers): string {
  const { name, namespace, secret, store } = answers
  return `# Writes the Secret ${name} and keeps it up to date.
apiVersion: ${API_VERSION}
kind: ExternalSecret
metadata:
  name: ${scalar(name)}
  namespace: ${scalar(namespace)}
spec:
  data:
    - key: ${scalar(secret)}
${keys(answers)}      secretStoreRef:
        name: ${scalar(store)}
`
}

function keys({ members, key }: Answers): string {
  if (members.length === 0) return `      # The whole value is one key.\n      name: ${scalar(key)}\n`
  const entries = members.map((member) => {
    // In JMESPath a name with other characters is quoted.
    const path = /^[a-zA-Z_]\w*$/.test(member) ? member : JSON.stringify(member)
    return `        - path: ${scalar(path)}\n          objectAlias: ${scalar(member)}\n`
  })
  return `      # Members of the JSON object, each as a key.\n      jmesPath:\n${entries.join('')}`
}

/** A text that every YAML parser reads as a text. */
function scalar(value: string): string {
  return kubectlYaml(new Document(value, { version: '1.1' })).trimEnd()
}
