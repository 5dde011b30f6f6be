import { typedText, UsageError } from '@ack-secret-manager/command-line'

/** Types that KMS has documented. Source: Alibaba Cloud KMS API reference, CreateSecret and "Overview of Secrets Manager". */
const KNOWN = ['Generic', 'Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'] as const

/**
 * The types of `--type`, in any case. A type that is newer than this program has a `=` in front.
 * @throws UsageError for any other text, because a typing error would look like an empty list
 */
export function wantedTypes(texts: readonly string[]): readonly string[] {
  return texts.map((text) => {
    if (/^=\w+$/.test(text)) return text.slice(1)
    const known = KNOWN.find((each) => each.toLowerCase() === text.toLowerCase())
    if (known !== undefined) return known
    const shown = typedText(text, 'word')
    const newer = shown === text && /^\w+$/.test(text) ? `; for a newer type of KMS use =${text}` : ''
    throw new UsageError(`--type ${shown}: expected ${KNOWN.slice(0, -1).join(', ')} or ${KNOWN.at(-1)}${newer}`)
  })
}
