using System.Collections;
using System.Globalization;
using System.Text;

namespace OrleansOneShot.Compute.Results;

/// <summary>
/// An element of HTML or SVG that encodes all it is given: text can't become markup, and nothing that runs or loads can be made. What is written by hand are
/// names of elements and attributes alone.
/// </summary>
internal sealed class HtmlElement : IEnumerable<object>
{
    // Behind these a line ends: the source stays readable, and no space appears where there is none.
    private static readonly HashSet<string> s_blocks =
    [
        "header",
        "main",
        "footer",
        "section",
        "article",
        "figure",
        "figcaption",
        "div",
        "details",
        "summary",
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "pre",
        "svg",
        "g",
    ];

    private static readonly HashSet<string> s_refused = ["script", "style", "iframe", "object", "embed", "link", "base", "form", "meta", "foreignObject"];
    private readonly string _name;
    private readonly List<(string Name, string Value)> _attributes = [];
    private readonly List<object> _children = [];

    /// <summary>Makes an element.</summary>
    /// <param name="name">Its name, such as <c>p</c>.</param>
    /// <param name="attributes">Its attributes; those of no value (null) are left out.</param>
    /// <exception cref="ArgumentException">The element or an attribute could run or load something; or is no name.</exception>
    public HtmlElement(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        if (!IsName(name) || s_refused.Contains(name))
        {
            throw new ArgumentException($"'{name}' has no place in a page.", nameof(name));
        }

        _name = name;
        foreach (var (attribute, value) in attributes)
        {
            if (value is null)
            {
                continue;
            }

            var isKnown =
                IsName(attribute) && attribute is not ("style" or "href" or "srcset" or "action") && !attribute.StartsWith("on", StringComparison.Ordinal);
            if (!isKnown || (attribute == "src" && !value.StartsWith(DataImage.Prefix, StringComparison.Ordinal)))
            {
                throw new ArgumentException($"The attribute {attribute} could load or run something.", nameof(attributes));
            }

            _attributes.Add((attribute, value));
        }
    }

    /// <summary>Adds text.</summary>
    /// <param name="text">Any text.</param>
    public void Add(string text) => _children.Add(text);

    /// <summary>Adds an element.</summary>
    /// <param name="child">The element; null adds none.</param>
    public void Add(HtmlElement? child)
    {
        if (child is not null)
        {
            _children.Add(child);
        }
    }

    /// <summary>Adds elements.</summary>
    /// <param name="children">The elements.</param>
    public void Add(IEnumerable<HtmlElement> children) => _children.AddRange(children);

    /// <summary>A number as attributes have it: at most two digits behind the point, whatever the machine's language.</summary>
    /// <param name="number">The number.</param>
    public static string Number(double number) => Math.Round(number, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Writes the element.</summary>
    /// <param name="page">Where to.</param>
    public void WriteTo(StringBuilder page)
    {
        page.Append('<').Append(_name);
        foreach (var (name, value) in _attributes)
        {
            page.Append(' ').Append(name).Append("=\"");
            Encode(page, value);
            page.Append('"');
        }

        page.Append('>');
        if (_name is "img" or "br" or "col")
        {
            return;
        }

        foreach (var child in _children)
        {
            if (child is HtmlElement element)
            {
                element.WriteTo(page);
            }
            else
            {
                Encode(page, (string)child);
            }
        }

        page.Append("</").Append(_name).Append('>');
        if (s_blocks.Contains(_name))
        {
            page.Append('\n');
        }
    }

    /// <summary>Encodes text for an element or for an attribute in double quotes.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="text">Any text; what no page may hold (control characters, halves of surrogate pairs) is replaced.</param>
    public static void Encode(StringBuilder page, string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&':
                    page.Append("&amp;");
                    break;
                case '<':
                    page.Append("&lt;");
                    break;
                case '>':
                    page.Append("&gt;");
                    break;
                case '"':
                    page.Append("&quot;");
                    break;
                case '\n':
                case '\t':
                    page.Append((char)rune.Value);
                    break;
                default:
                    page.Append(Rune.IsControl(rune) || IsNoncharacter(rune.Value) ? "\uFFFD" : rune.ToString());
                    break;
            }
        }
    }

    IEnumerator<object> IEnumerable<object>.GetEnumerator() => _children.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _children.GetEnumerator();

    private static bool IsNoncharacter(int value) => (value & 0xFFFE) == 0xFFFE || value is >= 0xFDD0 and <= 0xFDEF;

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
