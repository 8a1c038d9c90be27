import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'

const views = fileURLToPath(new URL('./templates/', import.meta.url))
const html = new Eta({ views, autoEscape: true, autoTrim: false, cache: true })
const text = new Eta({ views, autoEscape: false, autoTrim: false, cache: true })

/** The subject and the two bodies of a message. */
export interface RenderedMessage {
  subject: string
  html: string
  text: string
}

/** Renders the two templates of a message, `{name}-html.eta` and `{name}-text.eta`. */
export function render(name: string, values: Record<string, string>): { html: string; text: string } {
  return { html: html.render(`./${name}-html`, values), text: text.render(`./${name}-text`, values) }
}
