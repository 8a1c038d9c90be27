/** Returns the commands of a Markdown page, each as a list of words. They are in the code blocks without a language. */
export function shellCommandsIn(page: string): string[][] {
  const blocks = [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
  return blocks
    .flatMap(([, language, body = '']) => (language === '' ? [body] : []))
    .flatMap((body) => body.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map(wordsOf)
    .filter((words) => words.length > 0)
}

function wordsOf(line: string): string[] {
  const words = line.match(/#.*|(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  return words
    .filter((word) => !word.startsWith('#'))
    .map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
}

/** The request of a `curl` command. */
export interface CurlRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The address in the page, such as `$API/v1/onboardings/$ID`. */
  address: string
  headers: Record<string, string>
  data: string | undefined
}

const flagsWithValue = new Set(['-X', '-H', '-d', '--data', '--data-binary'])

/** Reads the request from the words of a `curl` command. The method is POST by default when there is data. */
export function readCurl([, ...words]: string[]): CurlRequest {
  const values = new Map<string, string[]>()
  const others: string[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (!flagsWithValue.has(word)) others.push(word)
    else values.set(word, [...(values.get(word) ?? []), words[(index += 1)] ?? ''])
  }
  const [data] = ['-d', '--data', '--data-binary'].flatMap((flag) => values.get(flag) ?? [])
  const [method = data === undefined ? 'GET' : 'POST'] = values.get('-X') ?? []
  return {
    method: method as CurlRequest['method'],
    address: others.find((word) => !word.startsWith('-')) ?? '',
    headers: Object.fromEntries(
      (values.get('-H') ?? []).map((header) => header.split(': ') as [string, string]),
    ),
    data,
  }
}
