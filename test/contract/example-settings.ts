/** The least that an endpoint of a channel needs, by channel id; absent where every setting has a default. */
export const exampleSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {};
