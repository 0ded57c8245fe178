/**
 * Mail HTML made safe to look at: no scripts, no forms, no frames, nothing that is loaded from anywhere. It is shown in
 * a sandboxed frame under a policy that forbids the same things again (src/http/replies.ts).
 */
import sanitizeHtml from 'sanitize-html';

const LENGTH = /^-?\d{1,4}(?:\.\d{1,3})?(?:px|em|rem|pt|%)?$/;
const LENGTHS = /^(?:-?\d{1,4}(?:\.\d{1,3})?(?:px|em|rem|pt|%)?\s?){1,4}$/;
const COLOUR = /^(?:#[0-9a-f]{3,8}|rgba?\([\d\s,.%]+\)|[a-z]{3,20})$/i;
const WORD = /^[a-z-]{1,20}$/i;
const STYLE =
  'body{font:14px/1.5 system-ui,sans-serif;margin:12px;color:#111;background:#fff;overflow-wrap:anywhere}' +
  'img{max-width:100%;height:auto}table{max-width:100%}';
/** Pictures that are nothing but dots: an SVG is a document. */
const PICTURE = /^data:image\/(?:png|jpe?g|gif|webp|bmp);base64,/i;
/** A link without a place of its own would lead to a page of ours. */
const SOMEWHERE = /^\s*(?:https?:|mailto:|tel:|#)/i;

export function cleanHtml(html: string): string {
  const body = sanitizeHtml(html, {
    allowedTags: [
      ...sanitizeHtml.defaults.allowedTags.filter((tag) => tag !== 'nav'),
      'img',
      'font',
      'center',
      'del',
      'ins',
    ],
    allowedAttributes: {
      '*': ['style', 'align', 'valign', 'dir', 'lang'],
      a: ['href', 'title', 'target', 'rel'],
      img: ['src', 'alt', 'width', 'height'],
      table: ['width', 'border', 'cellpadding', 'cellspacing'],
      td: ['width', 'height', 'colspan', 'rowspan'],
      th: ['width', 'height', 'colspan', 'rowspan'],
      font: ['color', 'size', 'face'],
    },
    allowedStyles: {
      '*': {
        color: [COLOUR],
        'background-color': [COLOUR],
        'text-align': [WORD],
        'font-weight': [/^(?:\d{3}|[a-z]{4,8})$/],
        'font-style': [WORD],
        'text-decoration': [WORD],
        'font-size': [LENGTH],
        margin: [LENGTHS],
        padding: [LENGTHS],
        width: [LENGTH],
        'max-width': [LENGTH],
      },
    },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    // A picture from elsewhere tells its server who reads the mail, and when.
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    transformTags: {
      a: (tagName, { href = '', ...attribs }) => ({
        tagName,
        attribs: {
          ...attribs,
          ...(SOMEWHERE.test(href) ? { href } : {}),
          target: '_blank',
          rel: 'noopener noreferrer nofollow',
        },
      }),
    },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !PICTURE.test(attribs.src ?? ''),
    nestingLimit: 60,
  });
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${body}`;
}
