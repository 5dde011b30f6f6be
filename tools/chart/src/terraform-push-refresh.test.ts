import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseQueueArn } from '@ack-secret-manager/hint-source-smq'
import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { type EvaluatedModule, evaluateModule } from './programs/terraform-module.ts'
import { ROOT } from './root.ts'

const MODULE = fileURLToPath(new URL('examples/terraform-push-refresh/', ROOT))
const VARIABLES = { account_id: '1234567890123456', region: 'cn-hangzhou' }
const RULES = ['rotations', 'values', 'existence'].map((name) => `alicloud_event_bridge_rule.hints[${name}]`)

/** Arguments of the provider's resources, from its documentation. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  alicloud_message_service_queue: [
    'queue_name',
    'message_retention_period',
    'visibility_timeout',
    'polling_wait_seconds',
  ],
  alicloud_event_bridge_service_linked_role: ['product_name'],
  alicloud_event_bridge_rule: ['event_bus_name', 'rule_name', 'description', 'filter_pattern', 'targets'],
  alicloud_ram_policy: ['policy_name', 'policy_document', 'description'],
  alicloud_ram_role_policy_attachment: ['policy_name', 'policy_type', 'role_name'],
}

/** The JSON documents of the guide: the policy, then the patterns of the rules. */
function documentsOfGuide(): unknown[] {
  const guide = readFileSync(new URL('docs/guides/push-refresh.md', ROOT), 'utf8')
    .replaceAll('YOUR_ACCOUNT', VARIABLES.account_id)
    .replaceAll('YOUR_REGION', VARIABLES.region)
  return [...guide.matchAll(/^ *```json\n(.*?)^ *```/gms)].map(([, json = '']) => JSON.parse(json) as unknown)
}

describe('examples/terraform-push-refresh', () => {
  // The first run on a machine builds the evaluator.
  vi.setConfig({ testTimeout: 20 * 60_000 })

  const evaluated = (variables: object = {}): Promise<EvaluatedModule> =>
    evaluateModule(MODULE, { ...VARIABLES, ...variables })
  const json = (value: unknown): unknown => JSON.parse(String(value))

  it('has the policy and the patterns of the guide', async () => {
    const { resources } = await evaluated()
    expect([
      json(resources['alicloud_ram_policy.hints']?.['policy_document']),
      ...RULES.map((rule) => json(resources[rule]?.['filter_pattern'])),
    ]).toEqual(documentsOfGuide())
  })

  it('is formatted, refers to each of its variables, and has only documented arguments', async () => {
    const { resources, ...module } = await evaluated()
    expect(module).toMatchObject({ unformatted: [], unused: [], failed: [] })
    for (const [name, given] of Object.entries(resources)) {
      expect([name, Object.keys(given).toSorted()]).toEqual([name, ARGUMENTS[name.split('.')[0] ?? '']?.toSorted()])
    }
  })

  it('delivers whole events of all rules to the queue that the chart names', async () => {
    const { resources, outputs } = await evaluated({ queue_name: 'shop' })
    const { command } = parse(outputs['chart_values'] ?? '') as { command: { hintQueue: string } }
    expect(parseQueueArn(command.hintQueue)).toEqual({
      account: VARIABLES.account_id,
      region: 'cn-hangzhou',
      name: 'shop',
    })
    for (const rule of RULES) {
      const targets = resources[rule]?.['targets'] as ReadonlyArray<{
        endpoint: string
        type: string
        param_list: unknown
      }>
      const target = targets[0]
      expect([target?.type, parseQueueArn(target?.endpoint ?? '').name]).toEqual(['acs.mns.queue', 'shop'])
      expect(target?.param_list).toEqual([
        { resource_key: 'queue', form: 'CONSTANT', value: 'shop' },
        { resource_key: 'Body', form: 'ORIGINAL' },
        { resource_key: 'IsBase64Encode', form: 'CONSTANT', value: 'true' },
      ])
    }
  })

  it('creates the role of EventBridge for queues if asked to, because an account has one', async () => {
    const rolesOf = async (variables: object): Promise<unknown[]> =>
      Object.entries((await evaluated(variables)).resources)
        .filter(([name]) => name.includes('service_linked_role'))
        .map(([, given]) => given)
    expect(await rolesOf({})).toEqual([])
    expect(await rolesOf({ create_service_linked_role: true })).toEqual([
      { product_name: 'AliyunServiceRoleForEventBridgeSendToMNS' },
    ])
  })

  it('has its own names for each queue, because rules and policies of two clusters are in one account', async () => {
    const namesOf = async (variables: object): Promise<unknown[]> =>
      Object.values((await evaluated(variables)).resources).flatMap(
        ({ queue_name: queue, rule_name: rule, policy_name: policy, role_name: role }) =>
          role === undefined ? [queue ?? rule ?? policy] : [],
      )
    const [first, second] = [await namesOf({ queue_name: 'a-0' }), await namesOf({ queue_name: 'a-1' })]
    expect(first).toHaveLength(5)
    expect(first.filter((name) => second.includes(name))).toEqual([])
    expect((await namesOf({ region: 'cn-beijing' })).at(-1)).toBe('acksm-cn-beijing-acksm-hints')
    expect((await namesOf({ policy_name: 'mine' })).at(-1)).toBe('mine')
  })

  it('refuses a name that a queue cannot have', async () => {
    expect((await evaluated({ queue_name: 'a_b' })).failed).toEqual([expect.stringContaining('queue_name has letters')])
  })
})
