import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Manifest } from '@ack-secret-manager/testenv'
import { parse } from 'yaml'
import type { Helm, ReleaseOptions } from './helm.ts'

/** The pod of `helm test`. */
export interface TestPod extends Manifest {
  readonly spec: {
    readonly automountServiceAccountToken: boolean
    readonly containers: readonly [{ readonly command: readonly string[]; readonly args: readonly string[] }]
  }
}

/** Where replicas serve their metrics on this machine. */
export interface Replicas {
  readonly port: number
  readonly hosts: readonly string[]
}

/** @throws Error if the values leave it out */
export async function testPod(helm: Pick<Helm, 'template'>, release: ReleaseOptions): Promise<TestPod> {
  const args = ['--show-only', 'templates/tests/ready.yaml']
  return parse(await helm.template({ ...release, args })) as TestPod
}

/** Runs the program of the pod with other addresses, and without waiting. @returns its exit code and what it says */
export async function runHelmTest(pod: TestPod, { port, hosts }: Replicas): Promise<string> {
  const [script = '', , replicas = '', elects = '', shards = ''] = pod.spec.containers[0].args
  const args = ['--input-type=module', '--eval', script, String(port), replicas, elects, shards, '0', ...hosts]
  const child = spawn(process.execPath, args)
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'close')
  return `${code}: ${(await said).join('')}`
}
