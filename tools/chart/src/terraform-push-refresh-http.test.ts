import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { useHelm } from './programs/use-helm.ts'
import { type EvaluatedModule, evaluateModule } from './programs/terraform-module.ts'
import { ROOT } from './root.ts'

const moduleAt = (name: string): string => fileURLToPath(new URL(`examples/${name}/`, ROOT))
const URL_OF_TARGET = 'https://hooks.example.com/hints'
const TOKEN = 'a-token-of-the-rule'
const OF_SECRETS = { account_id: '1234567890123456', region: 'cn-hangzhou' }

interface Target {
  readonly type: string
  readonly endpoint: string
  readonly param_list: unknown
}

describe('examples/terraform-push-refresh-http', () => {
  // The first run on a machine builds the evaluator.
  vi.setConfig({ testTimeout: 20 * 60_000 })
  const helm = useHelm()

  const evaluated = (variables: object = {}): Promise<EvaluatedModule> =>
    evaluateModule(moduleAt('terraform-push-refresh-http'), {
      ...OF_SECRETS,
      url: URL_OF_TARGET,
      token: TOKEN,
      ...variables,
    })

  it('has the patterns of the rules for a queue', async () => {
    const patternsOf = ({ resources }: EvaluatedModule): unknown[] =>
      Object.values(resources).flatMap(({ filter_pattern: pattern }) => pattern ?? [])
    const patterns = patternsOf(await evaluated())
    expect(patterns).toHaveLength(3)
    expect(patterns).toEqual(patternsOf(await evaluateModule(moduleAt('terraform-push-refresh'), OF_SECRETS)))
  })

  it('is formatted, refers to each of its variables, and sends whole events with the token', async () => {
    const { resources, ...module } = await evaluated({ name: 'shop' })
    expect(module).toMatchObject({ unformatted: [], unused: [], failed: [] })
    for (const { rule_name: rule, targets } of Object.values(resources)) {
      const [target] = targets as readonly Target[]
      expect(rule).toMatch(/^shop-/)
      expect(target).toMatchObject({ type: 'https', endpoint: URL_OF_TARGET })
      expect(target?.param_list).toEqual([
        { resource_key: 'URL', form: 'CONSTANT', value: URL_OF_TARGET },
        { resource_key: 'Body', form: 'ORIGINAL' },
        { resource_key: 'Network', form: 'CONSTANT', value: 'PublicNetwork' },
        { resource_key: 'Token', form: 'CONSTANT', value: TOKEN },
      ])
    }
  })

  it('gives values that the chart renders, without the token', async () => {
    const { outputs } = await evaluated()
    const text = outputs['chart_values'] ?? ''
    expect(text).not.toContain(TOKEN)
    const objects = await helm.manifests({ release: 'acksm', namespace: 'kube-system', values: parse(text) as object })
    const args = JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'))
    for (const flag of [`url=${URL_OF_TARGET}`, 'account=1234567890123456', 'bind-address=:8082']) {
      expect(args).toContain(`--hint-http-${flag}`)
    }
  })

  it.each([
    ['a short token', { token: 'short' }, 'token has 16 to 512'],
    ['plain HTTP', { url: 'http://hooks.example.com/hints' }, 'url is an HTTPS URL'],
    ['a user in the URL', { url: 'https://a:b@hooks.example.com/' }, 'url is an HTTPS URL'],
    ['a name that rules cannot have', { name: 'a_b' }, 'name has letters'],
  ])('refuses %s', async (_what, variables, message) => {
    expect((await evaluated(variables)).failed).toEqual([expect.stringContaining(message)])
  })
})
