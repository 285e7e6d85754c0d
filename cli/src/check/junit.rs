//! The outcome for build servers: JUnit XML, one test case a resource.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use shipshape_crds::validate::Severity;

use super::report::{Judged, Located, Report};

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let cases = report.resources.len() + report.findings.len();
    let failed = |resource: &&Judged| has_error(resource);
    let failures = report.findings.len() + report.resources.iter().filter(failed).count();
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts =
        [("name", "shipshape check".to_owned()), ("tests", cases.to_string()), ("failures", failures.to_string())];
    let attributes = || counts.iter().map(|(name, value)| (*name, value.as_str()));
    xml.create_element("testsuites").with_attributes(attributes()).write_inner_content(|xml| {
        xml.create_element("testsuite").with_attributes(attributes()).write_inner_content(|xml| {
            report.findings.iter().try_for_each(|finding| write_file(finding, xml))?;
            report.resources.iter().try_for_each(|resource| write_resource(resource, xml))
        })?;
        Ok(())
    })?;
    writeln!(out)
}

/// A file that is no YAML is a test case of its own.
fn write_file<W: Write>(finding: &Located, xml: &mut Writer<W>) -> io::Result<()> {
    let case = [("classname", "file"), ("name", finding.file.as_str()), ("file", finding.file.as_str())];
    xml.create_element("testcase")
        .with_attributes(case)
        .write_inner_content(|xml| write_failure(std::slice::from_ref(finding), xml))?;
    Ok(())
}

fn write_resource<W: Write>(resource: &Judged, xml: &mut Writer<W>) -> io::Result<()> {
    let name = format!("{}/{}", resource.namespace, resource.name);
    let case = [("classname", resource.kind.as_str()), ("name", name.as_str()), ("file", resource.file.as_str())];
    let element = xml.create_element("testcase").with_attributes(case);
    if resource.findings.is_empty() {
        element.write_empty()?;
    } else if has_error(resource) {
        element.write_inner_content(|xml| write_failure(&resource.findings, xml))?;
    } else {
        let text = lines(&resource.findings);
        element.write_inner_content(|xml| {
            xml.create_element("system-out").write_text_content(BytesText::new(&text))?;
            Ok(())
        })?;
    }
    Ok(())
}

fn write_failure<W: Write>(findings: &[Located], xml: &mut Writer<W>) -> io::Result<()> {
    let first = findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
    xml.create_element("failure")
        .with_attribute(("message", first))
        .write_text_content(BytesText::new(&lines(findings)))?;
    Ok(())
}

fn lines(findings: &[Located]) -> String {
    let line = |finding: &Located| {
        let Located { file, line, rule, path, severity, message } = finding;
        format!("{file}:{line}: {severity:?}: {path}: {message} [{rule}]")
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn has_error(resource: &Judged) -> bool {
    resource.findings.iter().any(|finding| finding.severity == Severity::Error)
}
