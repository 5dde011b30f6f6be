import { readFile } from 'node:fs/promises'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import {
  AUDIENCE,
  type ClusterIssuer,
  type Manifest,
  providerArn,
  providerOf,
  roleArn,
  TestEnvironment,
  trustOf,
} from '@ack-secret-manager/testenv'
import { parse } from 'yaml'
import { OPERATOR_USER } from '../cluster-story.ts'
import { ACCESS_SEED } from './access-path.ts'

const PROVIDER = 'ack-rrsa-demo'
const NAMESPACE = 'default'
const OPERATOR_ACCOUNT = 'ack-secret-manager'
const READ_SHOP = [{ actions: ['kms:GetSecretValue'], resources: ['shop/*'] }]

/** Starts KMS, STS, ECS metadata and a KMS instance that trust the cluster, as ACK does when RRSA is enabled. */
export async function startAccessEnvironment(plane: ControlPlane): Promise<TestEnvironment> {
  const seed = parse(await readFile(ACCESS_SEED, 'utf8')) as Seed
  const byToken = (issuer: ClusterIssuer, name: string, account: string) => ({
    name,
    trust: trustOf(issuer, NAMESPACE, account),
    allow: READ_SHOP,
  })
  return TestEnvironment.start({
    controlPlane: {
      request: plane.request,
      kubeconfigPath: plane.kubeconfigPathOf(OPERATOR_USER),
      namespace: NAMESPACE,
    },
    seed: (issuer) => ({
      ...seed,
      roles: [...(seed.roles ?? []), byToken(issuer, 'operator', OPERATOR_ACCOUNT), byToken(issuer, 'shop', 'shop')],
      oidcProviders: [{ ...providerOf(issuer, PROVIDER), clientIds: [AUDIENCE] }],
    }),
  })
}

/** Environment variables of an operator whose own identity is RRSA. */
export async function rrsaIdentity(env: TestEnvironment): Promise<Record<string, string>> {
  await env.serviceAccount(OPERATOR_ACCOUNT)
  return {
    ALIBABA_CLOUD_ROLE_ARN: roleArn('operator'),
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn(PROVIDER),
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: await env.tokenFile(OPERATOR_ACCOUNT),
  }
}

/** A manifest with the real address of the instance: on loopback, with its own CA. */
export async function withInstance(env: TestEnvironment, manifest: Manifest): Promise<Manifest> {
  const text = JSON.stringify(manifest)
  if (!text.includes('"endpoint":"kst-demo"')) return manifest
  const { endpoint, ca } = await env.simulator.instance()
  return JSON.parse(text.replace('"endpoint":"kst-demo"', `"endpoint":"${endpoint}","ca":"${ca}"`)) as Manifest
}
