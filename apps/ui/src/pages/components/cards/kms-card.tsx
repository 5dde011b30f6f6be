import type { JSX } from 'preact'
import type { KmsView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { largest, linePath } from './chart-path.ts'
import { Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age, durationText } from '../base/time.tsx'

type KnownKms = Extract<KmsView, { state: 'known' }>

const WIDTH = 320
const HEIGHT = 64

/** Reads of KMS by the operator, and their errors. */
export function KmsCard({ kms }: { readonly kms: KmsView }): JSX.Element {
  const messages = useMessages()
  const { kms: texts } = messages
  const note = kms.state === 'known' ? <Age at={kms.at} as="ago" /> : undefined
  return (
    <Section title={texts.title} class="card" note={note}>
      {kms.state === 'loading' ? <p class="empty">{texts.loading}</p> : null}
      {kms.state === 'unknown' ? (
        <>
          <Badge tone="plain" icon="unknown" text={texts.unknown} />
          <p class="card-text">
            <Text value={kms.why} />
          </p>
        </>
      ) : null}
      {kms.state === 'known' ? <Known kms={kms} /> : null}
    </Section>
  )
}

function Known({ kms }: { readonly kms: KnownKms }): JSX.Element {
  const messages = useMessages()
  const { kms: texts } = messages
  return (
    <>
      <dl class="numbers">
        <div>
          <dt>{texts.reads}</dt>
          <dd>{messages.number(kms.reads)}</dd>
        </div>
        <div class={kms.errors > 0 ? 'tone-bad' : ''}>
          <dt>{texts.errors}</dt>
          <dd>{messages.number(kms.errors)}</dd>
        </div>
        {kms.sources === undefined ? null : (
          <div>
            <dt>{texts.sources}</dt>
            <dd>{messages.number(kms.sources)}</dd>
          </div>
        )}
        {kms.oldestSeconds === undefined ? null : (
          <div>
            <dt>{texts.oldest}</dt>
            <dd>{durationText(kms.oldestSeconds, messages)}</dd>
          </div>
        )}
      </dl>
      <Chart history={kms.history} />
      {kms.byResult.length === 0 ? null : (
        <ul class="results">
          {kms.byResult.map(({ backend, result, count }) => (
            <li key={`${backend} ${result}`}>
              <span>
                <Text value={result} /> <span class="muted">{backend}</span>
              </span>
              <strong>{messages.number(count)}</strong>
            </li>
          ))}
        </ul>
      )}
      <p class="hint">
        {texts.from} <Text value={kms.pod} />
      </p>
    </>
  )
}

function Chart({ history }: { readonly history: KnownKms['history'] }): JSX.Element | null {
  const messages = useMessages()
  if (history.times.length < 2) return <p class="chart-empty">{messages.kms.gathering}</p>
  const highest = Math.max(1, largest(history.reads), largest(history.errors))
  return (
    <figure class="chart">
      <svg
        viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={messages.kms.chart(
          messages.number(Math.round(highest)),
          messages.number(Math.round(history.reads.at(-1) ?? 0)),
          messages.number(Math.round(history.errors.at(-1) ?? 0)),
        )}
      >
        <path class="chart-base" d={`M0 ${HEIGHT}H${WIDTH}`} />
        <path class="chart-reads" d={linePath(history.reads, highest, WIDTH, HEIGHT)} />
        <path class="chart-errors" d={linePath(history.errors, highest, WIDTH, HEIGHT)} />
      </svg>
      <figcaption>
        <span class="chart-key chart-key-reads">{messages.kms.readsPerMinute}</span>
        <span class="chart-key chart-key-errors">{messages.kms.errorsPerMinute}</span>
        <span>{messages.kms.most(messages.number(Math.round(highest)))}</span>
      </figcaption>
    </figure>
  )
}
