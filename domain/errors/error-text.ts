/** The names of the parameters of a text, which are in braces: `'The organization {id} is {status}.'`. */
type ParameterOf<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never

/** A value for each parameter of these texts. */
export type ParametersOf<Text> = Readonly<Record<ParameterOf<Text>, string | number>>

/** What `fill` is given: nothing for texts without parameters. */
export type Filling<Text> = [ParameterOf<Text>] extends [never]
  ? { parameters?: undefined }
  : { parameters: ParametersOf<Text> }

/** Puts the parameters into a text. Braces that come with a value, and names without one, stay as they are. */
export function fill(text: string, parameters: Readonly<Record<string, string | number>> = {}): string {
  return text.replaceAll(/\{(\w+)\}/g, (unknown, name: string) => String(parameters[name] ?? unknown))
}
