import assert from 'node:assert/strict'
import { REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import { NamespaceObjects, type OperatorProcess, until } from '@ack-secret-manager/testenv'
import { copyOf, type InstallEnvironment } from '@ack-secret-manager/e2e-install/install-environment'

/** Options of {@link AblationFixture}. */
export interface AblationFixtureOptions {
  readonly environment: InstallEnvironment
  readonly namespace: NamespaceObjects
  readonly permission: string
  /** Starts the operator, after stopping the running one. */
  readonly start: () => Promise<OperatorProcess>
  readonly stop: (exitCode?: number) => Promise<void>
  readonly operator: OperatorProcess | undefined
}

/** Timeout for effects that follow a backoff. */
const DEADLINE_MS = 120_000

/** Fixture of one ablation: objects that no other ablation uses, and an operator. */
export class AblationFixture extends NamespaceObjects {
  /** Name of all objects of the ablation, including its KMS secret. */
  readonly name: string
  readonly environment: InstallEnvironment
  readonly #permission: string
  readonly #options: Pick<AblationFixtureOptions, 'start' | 'stop'>
  #operator: OperatorProcess | undefined
  /** Number of log lines before the permission was removed. */
  #before = 0

  constructor(options: AblationFixtureOptions) {
    const { environment, namespace, permission, operator } = options
    super(namespace.cluster)
    this.name = permission.replaceAll(/[^a-z]+/g, '-')
    this.environment = environment
    this.#permission = permission
    this.#options = options
    this.#operator = operator
    this.#before = operator?.program.lines.length ?? 0
  }

  get operator(): OperatorProcess {
    if (this.#operator === undefined) throw new Error('no operator has been started for this ablation')
    return this.#operator
  }

  /** Starts an operator, which need not become leader. */
  async start(): Promise<OperatorProcess> {
    this.#before = 0
    this.#operator = await this.#options.start()
    return this.#operator
  }

  /** Stops the operator, unless it has exited; its log stays readable. */
  stop(exitCode?: number): Promise<void> {
    return this.#options.stop(exitCode)
  }

  /** Creates the secret in KMS, and an ExternalSecret that copies it. */
  async copy(more: object = {}): Promise<void> {
    await this.put('one')
    await this.apply('ExternalSecret', this.name, { ...this.spec, ...more })
  }

  /** Spec of an ExternalSecret that copies the secret of this ablation. */
  get spec(): { readonly data: object[] } {
    return copyOf('kms', this.name)
  }

  /** Deletes its resources, which would be polled during all later ablations. */
  async remove(): Promise<void> {
    for (const plural of [
      'pushsecrets',
      'clusterexternalsecrets',
      'externalsecrets',
      'secretstores',
      'clustersecretstores',
    ])
      await this.cluster.request('DELETE', this.resourcePath(plural, this.name))
  }

  put(value: string): Promise<void> {
    return this.environment.simulator.put(this.name, value)
  }

  /** Waits until the Secret holds a value. */
  async untilCopied(value = 'one'): Promise<void> {
    await this.untilSecret(this.name, { password: value }, DEADLINE_MS)
  }

  /** Asserts the value of the Secret; `undefined` means that it does not exist. */
  async expectSecret(value: string | undefined): Promise<void> {
    const data = (await this.secret(this.name))?.data?.['password']
    assert.equal(data && Buffer.from(data, 'base64').toString(), value)
  }

  /** Waits until the log has `times` more lines about the denied request. */
  async untilRefused({ times = 1, path = '' } = {}): Promise<void> {
    const refusal = new RegExp(`"${this.#permission}( [^:"]+)?: 403`)
    const { program } = this.operator
    this.#before = await nthLine(program, { from: this.#before, times }, (line) => {
      return refusal.test(line) && line.includes(path)
    })
  }

  /** Waits for a reason of the Ready condition and for text in its message. */
  async untilSays(plural: string, reason: string, words: string): Promise<void> {
    const said = new Set<string>()
    const says = async (): Promise<boolean> => {
      const ready = await this.ready(plural, this.name)
      if (ready) said.add(`${ready.reason}: ${ready.message}`)
      return ready?.reason === reason && ready.message.includes(words)
    }
    await this.until(`${plural} ${this.name} says ${reason}: ${words}`, says).catch((cause: unknown) => {
      throw new Error(`it has said ${[...said].join(' | ')}`, { cause })
    })
  }

  /** Requests a refresh, because the operator retries a denied target only after up to five minutes. */
  async requestRefresh(): Promise<void> {
    await this.patch('externalsecrets', { metadata: { annotations: { [REFRESH_NOW_ANNOTATION]: 'now' } } })
  }

  patch(plural: string, patch: object): Promise<unknown> {
    return this.cluster.request('PATCH', this.resourcePath(plural, this.name), patch)
  }

  /** Waits until the operator has received the ablation's object of this resource `times` times. */
  async untilRead(resource: string, times: number): Promise<void> {
    const where = `/api/v1/namespaces/${this.cluster.namespace}/${resource}/${this.name}`
    const { calls } = this.environment
    const isRead = ({ method, path, kinds }: (typeof calls)[number]): boolean =>
      method === 'GET' && path === where && kinds.size > 0
    await this.until(`${where} is read ${times} times`, async () => calls.filter(isRead).length >= times)
  }

  /** Waits until an object exists, or is deleted. */
  async untilExists(where: string, isThere = true): Promise<void> {
    await this.until(
      `${where} is ${isThere ? 'there' : 'gone'}`,
      async () => (await this.environment.has(where)) === isThere,
    )
  }

  /** Notes of the events with a reason about the ablation's object. */
  async untilEvent(reason: string, words: string): Promise<void> {
    await this.until(`an event ${reason}: ${words}`, async () => {
      return (await this.events(reason)).some(({ note }) => note.includes(words))
    })
  }

  async events(
    reason: string,
  ): Promise<readonly { readonly note: string; readonly series?: { readonly count: number } }[]> {
    const { request, namespace } = this.cluster
    const { body } = await request<{ items: { reason: string; note: string; regarding: { name: string } }[] }>(
      'GET',
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
    )
    return body.items.filter((event) => event.reason === reason && event.regarding.name === this.name)
  }

  /** Response of /readyz. */
  async readyz(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.operator.healthPort}/readyz`)
    return response.text()
  }

  /** Polls until the condition holds. @throws Error naming the condition */
  async until(what: string, ask: () => Promise<boolean>): Promise<void> {
    await until(`${this.name}: ${what}`, ask, { deadlineMs: DEADLINE_MS })
  }
}

/** Waits for further lines. @returns the number of lines read */
async function nthLine(
  program: OperatorProcess['program'],
  { from, times }: { readonly from: number; readonly times: number },
  matches: (line: string) => boolean,
): Promise<number> {
  let read = 0
  let found = 0
  return program.line((line) => {
    read += 1
    if (read > from && matches(line)) found += 1
    return found === times ? read : undefined
  }, DEADLINE_MS)
}
