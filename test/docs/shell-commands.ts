/** The commands in the blocks of a page that name no language, each as its words; a line that ends in `\` goes on. */
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

/** What a `curl` sends. */
export interface CurlRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As it is typed, such as `$API/v1/onboardings/$ID`. */
  address: string
  headers: Record<string, string>
  data: string | undefined
}

const flagsWithValue = new Set(['-X', '-H', '-d', '--data', '--data-binary'])

export function readCurl([, ...words]: string[]): CurlRequest {
  const given = new Map<string, string[]>()
  const rest: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!flagsWithValue.has(word)) rest.push(word)
    else given.set(word, [...(given.get(word) ?? []), words[(at += 1)] ?? ''])
  }
  const [data] = ['-d', '--data', '--data-binary'].flatMap((flag) => given.get(flag) ?? [])
  const [method = data === undefined ? 'GET' : 'POST'] = given.get('-X') ?? []
  return {
    method: method as CurlRequest['method'],
    address: rest.find((word) => !word.startsWith('-')) ?? '',
    headers: Object.fromEntries(
      (given.get('-H') ?? []).map((header) => header.split(': ') as [string, string]),
    ),
    data,
  }
}
