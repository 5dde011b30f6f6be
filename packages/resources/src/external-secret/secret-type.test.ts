import { isSecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { checkSecretType } from './secret-type.ts'

const CANARY = 'correct-horse'
const bytes = (text: string | undefined): Sensitive<Uint8Array> | undefined =>
  text === undefined ? undefined : new Sensitive(new TextEncoder().encode(text))

function verdict(type: string, content: Readonly<Record<string, string | undefined>>): string {
  try {
    checkSecretType(type, new Map(Object.entries(content).map(([key, text]) => [key, bytes(text)])))
    return 'ok'
  } catch (error) {
    return isSecretSyncError(error) && error.code === 'InvalidForType' ? error.message : String(error)
  }
}

it.each<[string, string, Readonly<Record<string, string | undefined>>, string]>([
  [
    'names the key that a certificate lacks',
    'kubernetes.io/tls',
    { 'tls.crt': CANARY },
    'type kubernetes.io/tls: requires key tls.key',
  ],
  ['counts a key that stays unchanged', 'kubernetes.io/tls', { 'tls.crt': CANARY, 'tls.key': undefined }, 'ok'],
  ['accepts a kept key without its content', 'kubernetes.io/dockercfg', { '.dockercfg': undefined }, 'ok'],
  [
    'does not quote a value that is not JSON',
    'kubernetes.io/dockerconfigjson',
    { '.dockerconfigjson': CANARY },
    'must hold a JSON object',
  ],
  ['requires one of two keys', 'kubernetes.io/basic-auth', { user: CANARY }, 'requires key username or password'],
  [
    'requires a key that is not empty',
    'kubernetes.io/ssh-auth',
    { 'ssh-privatekey': '' },
    'key ssh-privatekey is empty',
  ],
  [
    'refuses ServiceAccount tokens, which Kubernetes manages',
    'kubernetes.io/service-account-token',
    {},
    'TokenRequest',
  ],
  ['has no requirements for other types', 'example.com/mine', {}, 'ok'],
])('%s', (_rule, type, content, expected) => {
  const said = verdict(type, content)
  expect(said).toContain(expected)
  expect(said).not.toContain(CANARY)
})
